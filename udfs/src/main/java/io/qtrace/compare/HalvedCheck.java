package io.qtrace.compare;

import io.qtrace.tensor.Float16;
import io.qtrace.tensor.TensorEntry;
import java.io.IOException;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Checks a matrix against another one, rounded to float16 and stored in any type.
 *
 * @param target [rows, columns]
 * @param original [rows, columns]
 */
public record HalvedCheck(TensorEntry target, TensorEntry original) implements RowCheck {
  @Override
  public Stream<TensorEntry> tensors() {
    return Stream.of(target, original);
  }

  @Override
  public Optional<String> obstacle() {
    return RowCheck.isMatrixOf(target, original) ? Optional.empty() : RowCheck.unfit(tensors());
  }

  @Override
  public CheckResult run(LayerRows rows, long from, long to) throws IOException {
    CheckAccumulator found = new CheckAccumulator();
    try (LayerRows.Rows after = rows.rows(target, from, to);
        LayerRows.Rows before = rows.rows(original, from, to)) {
      for (long row = from; row < to; row++) {
        float[] stored = after.next();
        float[] exact = before.next();
        for (int i = 0; i < stored.length; i++) {
          float expected = Float16.value(Float16.bits(exact[i]));
          if (Float.compare(stored[i] + 0.0f, expected + 0.0f) != 0) {
            found.other(row * stored.length + i, stored[i], expected);
          }
        }
      }
    }
    return found.result();
  }
}
