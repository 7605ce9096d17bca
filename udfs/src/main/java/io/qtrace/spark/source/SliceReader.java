package io.qtrace.spark.source;

import io.qtrace.compare.Measure;
import io.qtrace.compare.MemberPartial;
import io.qtrace.compare.RangeTask;
import io.qtrace.compare.TensorMeter;
import io.qtrace.format.Checkpoints;
import io.qtrace.format.StateDictPrefix;
import io.qtrace.io.ObjectStore;
import io.qtrace.tensor.CheckpointIndex;
import io.qtrace.tensor.TensorEntry;
import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;

/** Rows of one slice: the index of its file is read first, elements one batch of rows at a time. */
final class SliceReader implements Closeable {
  private static final int BATCH_ROWS = 256;
  private static final long BATCH_ELEMENTS = RangeTask.ALIGNMENT;

  private final TensorQuery query;
  private final Set<Measure> measures;
  private final Iterator<TensorRow> rows;
  private final TensorMeter meter;
  private final long indexBytes;
  private Iterator<InternalRow> batch = List.<InternalRow>of().iterator();

  private SliceReader(
      TensorQuery query, Iterator<TensorRow> rows, TensorMeter meter, long indexBytes) {
    this.query = query;
    this.measures = query.measures();
    this.rows = rows;
    this.meter = meter;
    this.indexBytes = indexBytes;
  }

  static SliceReader open(ObjectStore store, TensorQuery query, FileSlice slice)
      throws IOException {
    Checkpoints checkpoints = new Checkpoints(store);
    CheckpointIndex whole = checkpoints.index(slice.uri());
    CheckpointIndex index = query.unwrap() ? StateDictPrefix.unwrapped(whole) : whole;
    List<TensorRow> wanted = TensorRow.of(index).stream().filter(query::passes).toList();
    return new SliceReader(
        query,
        slice.of(wanted).iterator(),
        new TensorMeter(store, checkpoints.opened()),
        checkpoints.bytesRead());
  }

  /**
   * The next row, null after the last.
   *
   * @param most number of rows needed, so that no more are read
   */
  InternalRow next(int most) throws IOException {
    if (!batch.hasNext() && rows.hasNext()) {
      batch = read(Math.min(most, BATCH_ROWS)).iterator();
    }
    return batch.hasNext() ? batch.next() : null;
  }

  long bytesRead() {
    return indexBytes + meter.bytesRead();
  }

  @Override
  public void close() throws IOException {
    meter.close();
  }

  private List<InternalRow> read(int most) throws IOException {
    List<TensorRow> some = new ArrayList<>();
    List<TensorEntry> measured = new ArrayList<>();
    long elements = 0;
    while (rows.hasNext() && some.size() < most && elements < BATCH_ELEMENTS) {
      TensorRow row = rows.next();
      some.add(row);
      if (query.reads(row, measures)) {
        measured.add(row.tensor().orElseThrow());
        elements += row.tensor().orElseThrow().elements();
      }
    }
    Iterator<MemberPartial> contents =
        meter.measure(measured, measures, query.maxValues()).iterator();
    List<InternalRow> read = new ArrayList<>();
    for (TensorRow row : some) {
      read.add(
          row(row, query.reads(row, measures) ? contents.next() : MemberPartial.none(row.name())));
    }
    return read;
  }

  private InternalRow row(TensorRow row, MemberPartial content) {
    return new GenericInternalRow(
        query.columns().stream().map(column -> column.value(row, content)).toArray());
  }
}
