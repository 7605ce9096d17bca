package io.qtrace.spark.source;

import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.spark.sql.connector.metric.CustomMetric;
import org.apache.spark.sql.connector.read.Batch;
import org.apache.spark.sql.connector.read.InputPartition;
import org.apache.spark.sql.connector.read.PartitionReaderFactory;
import org.apache.spark.sql.connector.read.Scan;
import org.apache.spark.sql.connector.read.streaming.MicroBatchStream;
import org.apache.spark.sql.types.StructType;

/** Lists files on the driver; executors read their indexes and tensors. */
final class TensorScan implements Scan, Batch {
  private final SourceOptions options;
  private final TensorQuery query;
  private final SourceContext context;
  private final SourceFiles files;

  TensorScan(SourceOptions options, TensorQuery query) {
    this.options = options;
    this.query = query;
    this.context = new SourceContext(options);
    this.files = new SourceFiles(context, options.paths(), query);
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
  public MicroBatchStream toMicroBatchStream(String checkpointLocation) {
    return new CheckpointStream(
        files, context, options.maxFilesPerTrigger(), createReaderFactory(), checkpointLocation);
  }

  @Override
  public CustomMetric[] supportedCustomMetrics() {
    return new CustomMetric[] {new BytesRead()};
  }

  @Override
  public InputPartition[] planInputPartitions() {
    try {
      return files.partitions(files.required());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public PartitionReaderFactory createReaderFactory() {
    return new TensorReaderFactory(context.hadoop(), query);
  }
}
