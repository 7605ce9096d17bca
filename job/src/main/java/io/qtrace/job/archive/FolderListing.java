package io.qtrace.job.archive;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.stream.Stream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * Lists the files below a folder, of which links may lead anywhere: each folder is entered once,
 * and what is not a file is left out.
 */
final class FolderListing {
  private final FileSystem fs;
  private final Path root;
  private final boolean local;
  private final Set<java.nio.file.Path> entered = ConcurrentHashMap.newKeySet();
  private final ConcurrentMap<Path, String> skipped = new ConcurrentHashMap<>();

  FolderListing(FileSystem fs, Path root) {
    this.fs = fs;
    this.root = root;
    this.local = root.toUri().getScheme() == null || root.toUri().getScheme().equals("file");
  }

  /** All files. */
  List<FileStatus> files() throws IOException {
    FileStatus[] top = fs.listStatus(root); // fails where the archive cannot be listed
    if (local) {
      isNew(root);
    }
    return Stream.of(top).parallel().flatMap(this::below).toList();
  }

  /** What was left out, and why. */
  Map<Path, String> skipped() {
    return new TreeMap<>(skipped);
  }

  private Stream<FileStatus> below(FileStatus status) {
    Path path = status.getPath();
    try {
      if (local && !isUsable(status)) {
        return Stream.empty();
      }
      return status.isDirectory()
          ? Stream.of(fs.listStatus(path)).parallel().flatMap(this::below)
          : Stream.of(status);
    } catch (IOException e) {
      if (!local) {
        throw new UncheckedIOException(e);
      }
      skipped.put(path, "a folder that cannot be listed: " + e.getMessage());
      return Stream.empty();
    }
  }

  private boolean isUsable(FileStatus status) throws IOException {
    java.nio.file.Path path = path(status.getPath());
    if (!Files.exists(path)) {
      skipped.put(status.getPath(), "a link to nothing, or a file that is gone");
      return false;
    }
    if (!status.isDirectory() && !Files.isRegularFile(path)) {
      skipped.put(status.getPath(), "a pipe, socket or device, not a file");
      return false;
    }
    if (status.isDirectory() && !Files.isReadable(path)) {
      skipped.put(status.getPath(), "a folder without the permission to list it");
      return false;
    }
    if (status.isDirectory() && !isNew(status.getPath())) {
      skipped.put(status.getPath(), "a link to a folder that is listed elsewhere");
      return false;
    }
    return true;
  }

  private boolean isNew(Path folder) throws IOException {
    return entered.add(path(folder).toRealPath());
  }

  private static java.nio.file.Path path(Path path) {
    return java.nio.file.Path.of(path.toUri().getPath());
  }
}
