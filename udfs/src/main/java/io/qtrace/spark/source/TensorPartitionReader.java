package io.qtrace.spark.source;

import io.qtrace.io.ObjectStore;
import java.io.IOException;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.connector.metric.CustomTaskMetric;
import org.apache.spark.sql.connector.read.PartitionReader;

/** Rows of some slices, each opened when its first row is asked for. */
final class TensorPartitionReader implements PartitionReader<InternalRow> {
  private final ObjectStore store;
  private final TensorQuery query;
  private final Iterator<FileSlice> slices;
  private SliceReader open; // null between slices
  private long bytesRead; // bytes read from slices that are closed
  private int given;
  private InternalRow row;

  TensorPartitionReader(ObjectStore store, TensorQuery query, List<FileSlice> slices) {
    this.store = store;
    this.query = query;
    this.slices = slices.iterator();
  }

  @Override
  public boolean next() throws IOException {
    row = null;
    while (row == null && given < query.limit() && (open != null || slices.hasNext())) {
      if (open == null) {
        open = SliceReader.open(store, query, slices.next());
      }
      row = open.next(query.limit() - given);
      if (row == null) {
        close();
      }
    }
    given++;
    return row != null;
  }

  @Override
  public InternalRow get() {
    return row;
  }

  @Override
  public CustomTaskMetric[] currentMetricsValues() {
    long now = open == null ? 0 : open.bytesRead();
    return new CustomTaskMetric[] {new BytesRead.OfTask(bytesRead + now)};
  }

  @Override
  public void close() throws IOException {
    if (open != null) {
      bytesRead += open.bytesRead();
      open.close();
      open = null;
    }
  }
}
