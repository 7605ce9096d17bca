package io.qtrace.job.archive;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.stream.Stream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * Lists the files below a folder, where links may lead anywhere: each folder is entered once, under
 * its own path if that is below the root; everything but files is left out, as is what lies outside
 * the root unless requested.
 */
final class FolderListing {
  private static final String OUTSIDE = "a link that leads out of the archive";

  private final FileSystem fs;
  private final Path root;
  private final boolean linksOutside;
  private final boolean local;
  private java.nio.file.Path realRoot;
  private final Set<java.nio.file.Path> entered = ConcurrentHashMap.newKeySet();
  private final ConcurrentMap<Path, String> skipped = new ConcurrentHashMap<>();

  /**
   * @param linksOutside whether links that lead out of the root are followed
   */
  FolderListing(FileSystem fs, Path root, boolean linksOutside) {
    this.fs = fs;
    this.root = root;
    this.linksOutside = linksOutside;
    this.local = root.toUri().getScheme() == null || root.toUri().getScheme().equals("file");
  }

  /** All files. */
  List<FileStatus> files() throws IOException {
    FileStatus[] top = fs.listStatus(root); // fails where the archive cannot be listed
    if (local) {
      realRoot = path(root).toRealPath();
      entered.add(realRoot);
    }
    return Stream.of(top).parallel().flatMap(this::below).toList();
  }

  /** The links out of the root that were left out. */
  Set<Path> outside() {
    Set<Path> links = new TreeSet<>();
    skipped.forEach(
        (path, reason) -> {
          if (reason.equals(OUTSIDE)) {
            links.add(path);
          }
        });
    return links;
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
      skipped.put(status.getPath(), "a dangling link, or a file that was removed");
      return false;
    }
    java.nio.file.Path real = path.toRealPath();
    if (!linksOutside && !real.startsWith(realRoot)) {
      skipped.put(status.getPath(), OUTSIDE);
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
    if (status.isDirectory() && !isOwnPlace(status.getPath(), real)) {
      skipped.put(status.getPath(), "a link to a folder that is listed elsewhere");
      return false;
    }
    return true;
  }

  // Outside the root, reported where it is found first.
  private boolean isOwnPlace(Path folder, java.nio.file.Path real) {
    java.nio.file.Path place = realRoot.resolve(path(root).relativize(path(folder)));
    return real.startsWith(realRoot) ? real.equals(place) : entered.add(real);
  }

  private static java.nio.file.Path path(Path path) {
    return java.nio.file.Path.of(path.toUri().getPath());
  }
}
