package io.qtrace.spark.source;

import io.qtrace.io.ObjectStore;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.classic.SparkSession;
import org.apache.spark.sql.connector.metric.CustomMetric;
import org.apache.spark.sql.connector.read.Batch;
import org.apache.spark.sql.connector.read.InputPartition;
import org.apache.spark.sql.connector.read.PartitionReaderFactory;
import org.apache.spark.sql.connector.read.Scan;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.util.SerializableConfiguration;

/** One partition a file; the driver lists files, executors read their headers. */
final class TensorScan implements Scan, Batch {
  /** A file to index. */
  record CheckpointFile(String uri) implements InputPartition {}

  private final SourceOptions options;
  private final List<TensorColumn> columns;
  private final Configuration hadoop;

  TensorScan(SourceOptions options, List<TensorColumn> columns) {
    this.options = options;
    this.columns = columns;
    this.hadoop = SparkSession.active().sessionState().newHadoopConf();
    options.hadoop().forEach(hadoop::set);
  }

  @Override
  public StructType readSchema() {
    return TensorColumn.schema(columns);
  }

  @Override
  public String description() {
    return "qtrace " + options.paths();
  }

  @Override
  public Batch toBatch() {
    return this;
  }

  @Override
  public CustomMetric[] supportedCustomMetrics() {
    return new CustomMetric[] {new BytesRead()};
  }

  @Override
  public InputPartition[] planInputPartitions() {
    try {
      List<InputPartition> files = new ArrayList<>();
      for (String path : options.paths()) {
        files.addAll(files(path));
      }
      return files.toArray(InputPartition[]::new);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public PartitionReaderFactory createReaderFactory() {
    return new TensorReaderFactory(
        new SerializableConfiguration(hadoop), columns, options.unwrap());
  }

  // Directories that a glob meets are passed over.
  private List<CheckpointFile> files(String glob) throws IOException {
    Path path = new Path(glob);
    FileStatus[] found = new ObjectStore(hadoop).fileSystem(path).globStatus(path);
    List<CheckpointFile> files =
        found == null
            ? List.of()
            : Arrays.stream(found)
                .filter(FileStatus::isFile)
                .map(status -> new CheckpointFile(status.getPath().toUri().toString()))
                .toList();
    if (files.isEmpty()) {
      throw new FileNotFoundException(
          "Cannot find checkpoints: " + glob + ", expected a file, or a glob that matches files");
    }
    return files;
  }
}
