package io.qtrace.compare;

import io.qtrace.kernel.MismatchAccumulator;
import io.qtrace.kernel.Mismatches;
import io.qtrace.tensor.TensorEntry;
import java.io.IOException;
import java.util.List;

/** Checks a {@code _Q} against the entries of a table that its checkpoint may not store. */
public final class LookupCheck {
  private final LayerRows reader;

  public LookupCheck(LayerRows reader) {
    this.reader = reader;
  }

  /**
   * Elements that are not the entry at their index.
   *
   * @param quantized [out, in]
   * @param indices integers [out, in]
   * @param from first row
   * @param to row after the last
   */
  public Mismatches run(
      TensorEntry quantized, TensorEntry indices, List<Float> table, long from, long to)
      throws IOException {
    MismatchAccumulator found = new MismatchAccumulator();
    try (LayerRows.Rows values = reader.rows(quantized, from, to);
        LayerRows.Rows entries = reader.rows(indices, from, to)) {
      long[] row = new long[Math.toIntExact(quantized.shape().sizes().get(1))];
      for (long at = from; at < to; at++) {
        float[] stored = values.next();
        entries.next(row);
        for (int i = 0; i < row.length; i++) {
          boolean inside = row[i] >= 0 && row[i] < table.size();
          float expected = inside ? table.get((int) row[i]) : Float.NaN;
          if (stored[i] != expected) {
            found.add(at * row.length + i, stored[i], expected);
          }
        }
      }
    }
    return found.partial();
  }
}
