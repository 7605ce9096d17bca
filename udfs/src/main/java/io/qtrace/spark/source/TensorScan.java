package io.qtrace.spark.source;

import io.qtrace.format.Checkpoints;
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
import org.apache.spark.sql.internal.SQLConf;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.util.SerializableConfiguration;

/** Lists files on the driver; executors read their indexes and tensors. */
final class TensorScan implements Scan, Batch {
  private final SourceOptions options;
  private final TensorQuery query;
  private final SparkSession session = SparkSession.active();
  private final Configuration hadoop = session.sessionState().newHadoopConf();

  TensorScan(SourceOptions options, TensorQuery query) {
    this.options = options;
    this.query = query;
    options.hadoop().forEach(hadoop::set);
  }

  @Override
  public StructType readSchema() {
    return TensorColumn.schema(query.columns());
  }

  @Override
  public String description() {
    String limit = query.limit() == TensorQuery.ALL_ROWS ? "" : ", limit: " + query.limit();
    return "qtrace %s, filters: %s%s".formatted(options.paths(), query.filters(), limit);
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
      List<SplitPlan.Input> files = new ArrayList<>();
      for (String path : options.paths()) {
        for (FileStatus file : files(path)) {
          String uri = uri(file.getPath());
          if (query.passesFile(uri)) {
            files.add(new SplitPlan.Input(uri, bytes(uri, file)));
          }
        }
      }
      return split().groups(files).toArray(InputPartition[]::new);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public PartitionReaderFactory createReaderFactory() {
    return new TensorReaderFactory(new SerializableConfiguration(hadoop), query);
  }

  private SplitPlan split() {
    SQLConf conf = session.sessionState().conf();
    return new SplitPlan(
        conf.filesOpenCostInBytes(),
        conf.filesMaxPartitionBytes(),
        session.sparkContext().defaultParallelism());
  }

  // As the column path has it: a listing may spell file:/ what a file's own status spells file:///.
  private String uri(Path file) throws IOException {
    Path plain = new Path(file.toUri().getPath());
    return new ObjectStore(hadoop).fileSystem(file).makeQualified(plain).toUri().toString();
  }

  // A sharded checkpoint has a slice for each shard.
  private long bytes(String uri, FileStatus file) throws IOException {
    if (query.measures().isEmpty()) {
      return 0;
    }
    return uri.endsWith(".json")
        ? new Checkpoints(new ObjectStore(hadoop)).shards(uri).size()
            * session.sessionState().conf().filesMaxPartitionBytes()
        : file.getLen();
  }

  // Directories that a glob meets are passed over.
  private List<FileStatus> files(String glob) throws IOException {
    Path path = new Path(glob);
    FileStatus[] found = new ObjectStore(hadoop).fileSystem(path).globStatus(path);
    List<FileStatus> files =
        found == null ? List.of() : Arrays.stream(found).filter(FileStatus::isFile).toList();
    if (files.isEmpty()) {
      throw new FileNotFoundException(
          "Cannot find checkpoints: " + glob + ", expected a file, or a glob that matches files");
    }
    return files;
  }
}
