package io.qtrace.compare;

import io.qtrace.tensor.TensorEntry;
import java.io.IOException;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Checks that a tensor begins with another one, in rows and in columns; further rows and columns
 * are ignored.
 *
 * @param tensor [rows, columns], or a vector, which is one row
 * @param beginning the same, of other sizes
 */
public record PrefixCheck(TensorEntry tensor, TensorEntry beginning) implements RowCheck {
  @Override
  public TensorEntry target() {
    return RowCheck.matrix(tensor);
  }

  @Override
  public Stream<TensorEntry> tensors() {
    return Stream.of(tensor, beginning);
  }

  @Override
  public Optional<String> obstacle() {
    boolean fits =
        tensor.shape().rank() == beginning.shape().rank()
            && Math.min(tensor.elements(), beginning.elements()) > 0
            && tensors().allMatch(one -> RowCheck.columns(one) <= QuantizedLayer.MAX_ROW);
    return fits ? Optional.empty() : RowCheck.unfit(tensors());
  }

  @Override
  public CheckResult run(LayerRows rows, long from, long to) throws IOException {
    TensorEntry matrix = RowCheck.matrix(beginning);
    long end = Math.min(to, RowCheck.rows(matrix));
    CheckAccumulator found = new CheckAccumulator();
    if (from >= end) {
      return found.result();
    }
    try (LayerRows.Rows after = rows.rows(target(), from, end);
        LayerRows.Rows before = rows.rows(matrix, from, end)) {
      for (long row = from; row < end; row++) {
        float[] stored = after.next();
        float[] expected = before.next();
        for (int i = 0; i < Math.min(stored.length, expected.length); i++) {
          if (Float.compare(stored[i] + 0.0f, expected[i] + 0.0f) != 0) {
            found.other(row * stored.length + i, stored[i], expected[i]);
          }
        }
      }
    }
    return found.result();
  }
}
