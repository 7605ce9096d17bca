package io.qtrace.job.archive;

import io.qtrace.format.Checkpoints;
import io.qtrace.io.FormatException;
import io.qtrace.io.ObjectStat;
import io.qtrace.io.ObjectStore;
import io.qtrace.job.archive.Archive.SkippedFolder;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.hadoop.fs.CommonPathCapabilities;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocatedFileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RemoteIterator;

/**
 * Finds the runs of an archive: lists its files, and makes one small read per run. Stores that list
 * by key return everything below the root in pages; on others, folders are listed in parallel.
 */
public final class ArchiveScan {
  private static final String CACHE_META = "meta.json";

  private final ObjectStore store;
  private final CheckpointNames names;
  private final boolean linksOutside;

  public ArchiveScan(ObjectStore store, ArchiveLayout layout) {
    this.store = store;
    this.names = new CheckpointNames(layout);
    this.linksOutside = layout.linksOutside();
  }

  /**
   * Lists everything below a URI.
   *
   * @throws IOException if the archive cannot be listed
   */
  public Archive scan(String uri) throws IOException {
    Path given = ObjectStore.path(uri);
    FileSystem fs = store.fileSystem(given);
    Path root = fs.makeQualified(given);
    Map<String, Folder> folders = new TreeMap<>();
    try {
      boolean byKey = fs.hasPathCapability(root, CommonPathCapabilities.ETAGS_AVAILABLE);
      FolderListing listing = new FolderListing(fs, root, linksOutside);
      for (FileStatus file : byKey ? listByKey(fs, root) : listing.files()) {
        String path = below(root, file.getPath());
        folders.computeIfAbsent(names.run(parent(path)), Folder::new).add(path, file);
      }
      List<Run> runs = new ArrayList<>();
      List<SkippedFolder> skipped = new ArrayList<>();
      Set<Path> outside = listing.outside();
      listing
          .skipped()
          .forEach(
              (path, reason) ->
                  skipped.add(
                      new SkippedFolder(below(root, path), reason, outside.contains(path))));
      for (Path link : outside) {
        leaveOutIndexes(below(root, link), folders, skipped);
      }
      claimShards(folders);
      folders.values().parallelStream().forEach(Folder::readConfig);
      folders.values().forEach(folder -> folder.sort(runs, skipped));
      return new Archive(root.toString(), runs, skipped);
    } catch (FileNotFoundException e) {
      throw missing(uri, e);
    } catch (UncheckedIOException e) {
      throw e.getCause() instanceof FileNotFoundException missing
          ? missing(uri, missing)
          : e.getCause();
    }
  }

  // Shards may be below the folder of their index, which is read only if there may be some.
  private void claimShards(Map<String, Folder> folders) throws IOException {
    Map<String, Folder> indexes = new HashMap<>(); // by the folder of an index
    folders
        .values()
        .forEach(folder -> folder.indexed.keySet().forEach(path -> indexes.put(path, folder)));
    Map<String, Set<String>> named = new HashMap<>(); // paths of shards, by the folder of the index
    for (Folder folder : folders.values()) {
      for (String path : List.copyOf(folder.lone.keySet())) {
        for (String above = path; !above.isEmpty() && !indexes.containsKey(path); ) {
          above = parent(above);
          Folder owner = indexes.get(above);
          if (owner != null) {
            if (!named.containsKey(above)) {
              named.put(above, owner.shardsNamed(above));
            }
            folder.giveShards(path, named.get(above), owner);
          }
        }
      }
    }
  }

  // Indexes that name a shard that must not be opened.
  private void leaveOutIndexes(
      String link, Map<String, Folder> folders, List<SkippedFolder> skipped) throws IOException {
    for (Folder folder : folders.values()) {
      for (String above : List.copyOf(folder.indexed.keySet())) {
        if (link.startsWith(above.isEmpty() ? "" : above + "/")
            && folder.shardsNamed(above).contains(link)) {
          folder.leaveOutIndexes(above, skipped);
        }
      }
    }
  }

  private static IOException missing(String uri, FileNotFoundException e) {
    return (IOException) new FileNotFoundException("Cannot find archive: " + uri).initCause(e);
  }

  private static List<FileStatus> listByKey(FileSystem fs, Path root) throws IOException {
    List<FileStatus> files = new ArrayList<>();
    RemoteIterator<LocatedFileStatus> pages = fs.listFiles(root, true);
    while (pages.hasNext()) {
      files.add(pages.next());
    }
    return files;
  }

  private static String below(Path root, Path file) {
    String prefix = root.toUri().getPath();
    String path = file.toUri().getPath();
    return path.substring(prefix.endsWith("/") ? prefix.length() : prefix.length() + 1);
  }

  private static String parent(String path) {
    return path.substring(0, Math.max(path.lastIndexOf('/'), 0));
  }

  private final class Folder {
    private final String path;
    private final List<CheckpointFile> checkpoints = new ArrayList<>();
    private FileStatus settings;
    private RunConfig config = RunConfig.NONE;
    private final List<ObjectStat> shards = new ArrayList<>();
    private final Map<String, List<CheckpointFile>> lone = new TreeMap<>(); // shards, by folder
    private final Map<String, List<FileStatus>> indexed = new HashMap<>(); // indexes, by folder
    private boolean cache;

    Folder(String path) {
      this.path = path;
    }

    void add(String file, FileStatus status) {
      String fileName = status.getPath().getName();
      if (names.isCheckpoint(file)) {
        CheckpointNames.Named named = names.name(fileName, parent(file));
        checkpoints.add(
            new CheckpointFile(ObjectStore.stat(status), file, path, named.role(), named.step()));
      }
      if (fileName.equals(RunConfig.NAME)) {
        settings = status;
      }
      if (names.isShard(fileName)) {
        shards.add(ObjectStore.stat(status));
        lone.computeIfAbsent(parent(file), folder -> new ArrayList<>())
            .add(
                new CheckpointFile(
                    ObjectStore.stat(status), file, path, Role.OTHER, CheckpointFile.NO_STEP));
      }
      if (names.isIndex(fileName)) {
        indexed.computeIfAbsent(parent(file), folder -> new ArrayList<>()).add(status);
      }
      cache |= fileName.equals(CACHE_META);
    }

    /**
     * Paths, below the archive, of the files named by the indexes in a folder; damaged indexes name
     * none.
     */
    Set<String> shardsNamed(String folder) throws IOException {
      Set<String> paths = new HashSet<>();
      for (FileStatus index : indexed.get(folder)) {
        try {
          new Checkpoints(store)
              .shards(index.getPath().toUri().toString())
              .forEach(shard -> paths.add(folder.isEmpty() ? shard : folder + "/" + shard));
        } catch (FormatException e) {
          // Reported when the checkpoint is read.
        }
      }
      return paths;
    }

    void leaveOutIndexes(String folder, List<SkippedFolder> skipped) {
      checkpoints.removeIf(
          file -> {
            boolean index = names.isIndex(file.fileName()) && parent(file.path()).equals(folder);
            if (index) {
              skipped.add(
                  new SkippedFolder(
                      file.path(),
                      "an index with a shard that is a link out of the archive",
                      true));
            }
            return index;
          });
    }

    void giveShards(String folder, Set<String> named, Folder owner) {
      List<CheckpointFile> files = lone.get(folder);
      files.stream()
          .filter(file -> named.contains(file.path()))
          .forEach(file -> owner.shards.add(file.stat()));
      files.removeIf(file -> named.contains(file.path()));
    }

    void readConfig() {
      // Shards without an index are checkpoints of their own.
      lone.keySet().removeAll(indexed.keySet());
      lone.values().forEach(checkpoints::addAll);
      if (!checkpoints.isEmpty()) {
        try {
          config = readSettings();
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }
    }

    void sort(List<Run> runs, List<SkippedFolder> skipped) {
      if (checkpoints.isEmpty()) {
        return;
      }
      if (cache) {
        skipped.add(new SkippedFolder(path, "a KD cache (meta.json), not a run"));
      } else {
        runs.add(new Run(path, config, checkpoints.stream().map(this::whole).toList()));
      }
    }

    // An index stands for its shards: when one of them changes, so does the checkpoint.
    private CheckpointFile whole(CheckpointFile file) {
      return names.isIndex(file.fileName()) ? file.withStat(file.stat().with(shards)) : file;
    }

    private RunConfig readSettings() throws IOException {
      return settings == null ? RunConfig.NONE : RunConfig.read(store, ObjectStore.stat(settings));
    }
  }
}
