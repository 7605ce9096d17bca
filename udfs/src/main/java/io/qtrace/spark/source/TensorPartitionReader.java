package io.qtrace.spark.source;

import io.qtrace.format.Checkpoints;
import io.qtrace.format.StateDictPrefix;
import io.qtrace.tensor.CheckpointIndex;
import io.qtrace.tensor.TensorEntry;
import java.io.IOException;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.sql.connector.metric.CustomTaskMetric;
import org.apache.spark.sql.connector.read.PartitionReader;

/** Rows of one file: indexed when the first row is asked for, closed by then. */
final class TensorPartitionReader implements PartitionReader<InternalRow> {
  private final Checkpoints checkpoints;
  private final String uri;
  private final List<TensorColumn> columns;
  private final boolean unwrap;

  private CheckpointIndex index;
  private Iterator<TensorEntry> rest;
  private TensorEntry tensor;

  TensorPartitionReader(
      Checkpoints checkpoints, String uri, List<TensorColumn> columns, boolean unwrap) {
    this.checkpoints = checkpoints;
    this.uri = uri;
    this.columns = columns;
    this.unwrap = unwrap;
  }

  @Override
  public boolean next() throws IOException {
    if (index == null) {
      CheckpointIndex whole = checkpoints.index(uri);
      index = unwrap ? StateDictPrefix.unwrapped(whole) : whole;
      rest = index.tensors().iterator();
    }
    boolean more = rest.hasNext();
    tensor = more ? rest.next() : null;
    return more;
  }

  @Override
  public InternalRow get() {
    return new GenericInternalRow(
        columns.stream().map(column -> column.value(index, tensor)).toArray());
  }

  @Override
  public CustomTaskMetric[] currentMetricsValues() {
    return new CustomTaskMetric[] {new BytesRead.OfTask(checkpoints.bytesRead())};
  }

  @Override
  public void close() {}
}
