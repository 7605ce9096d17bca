package io.qtrace.spark.source;

import io.qtrace.format.NamedTensors;
import io.qtrace.io.ObjectStat;
import io.qtrace.io.SafeText;
import io.qtrace.tensor.TensorEntry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.connector.metric.CustomMetric;
import org.apache.spark.sql.connector.read.Batch;
import org.apache.spark.sql.connector.read.InputPartition;
import org.apache.spark.sql.connector.read.PartitionReaderFactory;
import org.apache.spark.sql.connector.read.Scan;
import org.apache.spark.sql.types.StructType;

/** Indexes the file on the driver; executors read ranges of the tensor. */
final class ElementScan implements Scan, Batch {
  private final SourceContext context;
  private final String path;
  private final String tensor;
  private final IndexRange range;
  private final StructType columns;

  /**
   * @throws IllegalArgumentException if the options name several files
   */
  ElementScan(SourceOptions options, String tensor, IndexRange range, StructType columns) {
    if (options.paths().size() > 1) {
      throw new IllegalArgumentException(
          "Invalid option path: %s, expected one file, to read elements"
              .formatted(options.paths()));
    }
    this.context = new SourceContext(options);
    this.path = options.paths().get(0);
    this.tensor = tensor;
    this.range = range;
    this.columns = columns;
  }

  /**
   * Elements of a tensor that one task reads.
   *
   * @param file that holds the storage
   */
  record Part(ObjectStat file, TensorEntry tensor, long from, long to) implements InputPartition {}

  @Override
  public StructType readSchema() {
    return columns;
  }

  @Override
  public String description() {
    return "qtrace elements of %s in %s, index: %s"
        .formatted(SafeText.quoted(tensor), SafeText.of(path), range);
  }

  @Override
  public Batch toBatch() {
    return this;
  }

  /** Known without the file, so that EXPLAIN does not read it. */
  @Override
  public ColumnarSupportMode columnarSupportMode() {
    return ColumnarSupportMode.SUPPORTED;
  }

  @Override
  public CustomMetric[] supportedCustomMetrics() {
    return new CustomMetric[] {new BytesRead()};
  }

  @Override
  public InputPartition[] planInputPartitions() {
    try {
      NamedTensors tensors = NamedTensors.of(context.store(), path);
      TensorEntry found = tensors.tensor(tensor);
      return parts(tensors.file(found), found).toArray(InputPartition[]::new);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public PartitionReaderFactory createReaderFactory() {
    return new ElementReaderFactory(context.hadoop(), columns);
  }

  // A compressed tensor is one part: each part would have to expand everything before it.
  private List<Part> parts(ObjectStat file, TensorEntry found) {
    IndexRange wanted = range.and(new IndexRange(0, found.elements()));
    long width = found.dtype().bytes();
    long each =
        found.storage().isDeflated()
            ? found.elements()
            : Math.max(1, context.split().target((wanted.to() - wanted.from()) * width) / width);
    List<Part> parts = new ArrayList<>();
    for (long at = wanted.from(); at < wanted.to(); at += each) {
      parts.add(new Part(file, found, at, Math.min(at + each, wanted.to())));
    }
    return parts;
  }
}
