package io.qtrace.compare;

import io.qtrace.kernel.MismatchAccumulator;
import io.qtrace.kernel.Mismatches;
import io.qtrace.tensor.Float16;
import io.qtrace.tensor.TensorEntry;
import java.io.IOException;

/** Checks a matrix against another one, rounded to float16 and stored in any type. */
public final class HalvedCheck {
  private final LayerRows reader;

  public HalvedCheck(LayerRows reader) {
    this.reader = reader;
  }

  /**
   * Elements that are not the other's rounded.
   *
   * @param halved [rows, columns]
   * @param original [rows, columns]
   * @param from first row
   * @param to row after the last
   */
  public Mismatches run(TensorEntry halved, TensorEntry original, long from, long to)
      throws IOException {
    MismatchAccumulator found = new MismatchAccumulator();
    try (LayerRows.Rows after = reader.rows(halved, from, to);
        LayerRows.Rows before = reader.rows(original, from, to)) {
      for (long row = from; row < to; row++) {
        float[] stored = after.next();
        float[] exact = before.next();
        for (int i = 0; i < stored.length; i++) {
          float expected = Float16.value(Float16.bits(exact[i]));
          if (Float.compare(stored[i] + 0.0f, expected + 0.0f) != 0) {
            found.add(row * stored.length + i, stored[i], expected);
          }
        }
      }
    }
    return found.partial();
  }
}
