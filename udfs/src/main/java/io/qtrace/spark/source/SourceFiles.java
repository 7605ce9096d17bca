package io.qtrace.spark.source;

import io.qtrace.format.Checkpoints;
import io.qtrace.io.ObjectStat;
import io.qtrace.io.ObjectStore;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.connector.read.InputPartition;

/** Files that a query reads, listed on the driver. */
final class SourceFiles {
  private final SourceContext context;
  private final ObjectStore store;
  private final List<String> globs;
  private final TensorQuery query;

  SourceFiles(SourceContext context, List<String> globs, TensorQuery query) {
    this.context = context;
    this.store = context.store();
    this.globs = globs;
    this.query = query;
  }

  /**
   * Files that match and may have rows that pass the query's filters.
   *
   * @throws FileNotFoundException if nothing matches one of the globs
   */
  List<ObjectStat> required() throws IOException {
    List<ObjectStat> files = new ArrayList<>();
    for (String glob : globs) {
      List<ObjectStat> found = matching(glob);
      if (found.isEmpty()) {
        throw new FileNotFoundException(
            "Cannot find checkpoints: " + glob + ", expected a file, or a glob that matches files");
      }
      files.addAll(found);
    }
    return passing(files);
  }

  /** The same, but globs may match nothing yet. */
  List<ObjectStat> present() throws IOException {
    List<ObjectStat> files = new ArrayList<>();
    for (String glob : globs) {
      files.addAll(matching(glob));
    }
    return passing(files);
  }

  /** The files, split and packed for tasks. */
  InputPartition[] partitions(List<ObjectStat> files) throws IOException {
    List<SplitPlan.Input> inputs = new ArrayList<>();
    for (ObjectStat file : files) {
      inputs.add(new SplitPlan.Input(file.uri(), bytes(file)));
    }
    return context.split().groups(inputs).toArray(InputPartition[]::new);
  }

  private List<ObjectStat> passing(List<ObjectStat> files) {
    return files.stream().filter(file -> query.passesFile(file.uri())).toList();
  }

  // A sharded checkpoint has a slice for each shard.
  private long bytes(ObjectStat file) throws IOException {
    if (query.measures().isEmpty()) {
      return 0;
    }
    return file.uri().endsWith(".json")
        ? new Checkpoints(store).shards(file.uri()).size() * context.split().maxBytes()
        : file.bytes();
  }

  // Directories that match a glob are skipped.
  private List<ObjectStat> matching(String glob) throws IOException {
    Path path = new Path(glob);
    FileSystem fs = store.fileSystem(path);
    FileStatus[] found = fs.globStatus(path);
    List<ObjectStat> files = new ArrayList<>();
    for (FileStatus file : found == null ? new FileStatus[0] : found) {
      if (file.isFile()) {
        files.add(
            new ObjectStat(uri(fs, file.getPath()), file.getLen(), file.getModificationTime(), ""));
      }
    }
    return files;
  }

  // As in the column path: a listing may have file:/ where a file's own status has file:///.
  private static String uri(FileSystem fs, Path file) {
    return fs.makeQualified(new Path(file.toUri().getPath())).toUri().toString();
  }
}
