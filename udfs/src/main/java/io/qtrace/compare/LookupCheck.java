package io.qtrace.compare;

import io.qtrace.tensor.TensorEntry;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Checks a {@code _Q} against the entries of a table that its checkpoint may not store.
 *
 * @param target {@code _Q} [out, in]
 * @param indices integers [out, in]
 */
public record LookupCheck(TensorEntry target, TensorEntry indices, List<Float> table)
    implements RowCheck {
  @Override
  public Stream<TensorEntry> tensors() {
    return Stream.of(target, indices);
  }

  @Override
  public Optional<String> obstacle() {
    return RowCheck.isMatrixOf(target, indices) ? Optional.empty() : RowCheck.unfit(tensors());
  }

  @Override
  public CheckResult run(LayerRows rows, long from, long to) throws IOException {
    CheckAccumulator found = new CheckAccumulator();
    try (LayerRows.Rows values = rows.rows(target, from, to);
        LayerRows.Rows entries = rows.rows(indices, from, to)) {
      long[] row = new long[Math.toIntExact(target.shape().sizes().get(1))];
      for (long at = from; at < to; at++) {
        float[] stored = values.next();
        entries.next(row);
        for (int i = 0; i < row.length; i++) {
          boolean inside = row[i] >= 0 && row[i] < table.size();
          float expected = inside ? table.get((int) row[i]) : Float.NaN;
          if (stored[i] != expected) {
            found.other(at * row.length + i, stored[i], expected);
          }
        }
      }
    }
    return found.result();
  }
}
