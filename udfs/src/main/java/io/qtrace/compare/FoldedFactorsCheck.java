package io.qtrace.compare;

import io.qtrace.kernel.Rounding;
import io.qtrace.lut.Scales;
import io.qtrace.tensor.DType;
import io.qtrace.tensor.Shape;
import io.qtrace.tensor.TensorEntry;
import java.io.IOException;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Checks a factor of a layer's scales after its directions were rounded to float16 and the
 * magnitudes folded into the left one: A_dir (magnitude + 1e-6), or B_dir.
 *
 * @param target [out, rank], or [rank, in]
 * @param original the same before
 * @param magnitude [rank], of the left factor; empty for the right one
 */
public record FoldedFactorsCheck(
    TensorEntry target, TensorEntry original, Optional<TensorEntry> magnitude) implements RowCheck {
  private static final int ROUNDINGS = 2; // a norm may be off by one unit

  @Override
  public Stream<TensorEntry> tensors() {
    return Stream.concat(Stream.of(target, original), magnitude.stream());
  }

  @Override
  public Optional<String> obstacle() {
    boolean fits =
        RowCheck.isMatrixOf(target, original)
            && original.elements() <= QuantizedLayer.MAX_SCALES
            && magnitude.stream()
                .allMatch(one -> one.shape().equals(Shape.of(target.shape().sizes().get(1))));
    return fits ? Optional.empty() : RowCheck.unfit(tensors());
  }

  @Override
  public CheckResult run(LayerRows rows, long from, long to) throws IOException {
    float[] exact = rows.whole(original);
    Optional<float[]> factors = Optional.empty();
    if (magnitude.isPresent()) {
      factors = Optional.of(rows.whole(magnitude.get()));
    }
    int columns = Math.toIntExact(target.shape().sizes().get(1));
    double[] norms = norms(exact, columns);
    CheckAccumulator found = new CheckAccumulator();
    try (LayerRows.Rows after = rows.rows(target, from, to)) {
      for (long row = from; row < to; row++) {
        float[] stored = after.next();
        for (int i = 0; i < columns; i++) {
          double norm = norms[magnitude.isPresent() ? i : (int) row];
          double expected = half(exact[(int) row * columns + i] / norm);
          if (factors.isPresent()) {
            expected = half(expected * half(factors.get()[i] + Scales.EPSILON));
          }
          double off = Math.abs(stored[i] - expected) / Ulps.of(DType.FLOAT16, expected);
          if (off <= ROUNDINGS) {
            found.within(off);
          } else {
            found.other(row * columns + i, stored[i], expected);
          }
        }
      }
    }
    return found.result();
  }

  // Norms of the columns of a left factor, or of the rows of a right one.
  private double[] norms(float[] values, int columns) {
    int rows = values.length / columns;
    double[] squares = new double[magnitude.isPresent() ? columns : rows];
    for (int i = 0; i < values.length; i++) {
      squares[magnitude.isPresent() ? i % columns : i / columns] += (double) values[i] * values[i];
    }
    for (int i = 0; i < squares.length; i++) {
      squares[i] = Math.sqrt(squares[i]);
    }
    return squares;
  }

  private static double half(double value) {
    return Rounding.of(DType.FLOAT16, value);
  }
}
