package io.qtrace.compare;

import io.qtrace.kernel.Rounding;
import io.qtrace.lut.Scales;
import io.qtrace.tensor.DType;
import io.qtrace.tensor.TensorEntry;
import java.io.IOException;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Checks the scales of a layer that were split into directions and magnitudes: the columns of A and
 * the rows of B, of which padding was cut off, divided by their norms, and the products of these,
 * all in the dtype of the result.
 *
 * @param tensor directions [out, rank] or [rank, in], or magnitudes [rank]
 * @param part which of these
 * @param a the scales before, [out, rank]
 * @param b [rank, in or more]
 * @param in columns of the weight
 */
public record DirectionsCheck(TensorEntry tensor, Part part, TensorEntry a, TensorEntry b, long in)
    implements RowCheck {
  private static final int ROUNDINGS = 2; // norms may be off by one unit

  /** What is checked. */
  public enum Part {
    A,
    B,
    MAGNITUDE
  }

  @Override
  public TensorEntry target() {
    return RowCheck.matrix(tensor);
  }

  @Override
  public Stream<TensorEntry> tensors() {
    return Stream.of(tensor, a, b);
  }

  @Override
  public Optional<String> obstacle() {
    boolean fits =
        a.shape().rank() == 2
            && b.shape().rank() == 2
            && tensor.elements() > 0
            && a.elements() + b.elements() <= QuantizedLayer.MAX_SCALES
            && RowCheck.columns(a) == RowCheck.rows(b)
            && in > 0
            && in <= RowCheck.columns(b)
            && switch (part) {
              case A -> tensor.shape().equals(a.shape());
              case B ->
                  tensor.shape().rank() == 2
                      && RowCheck.rows(tensor) == RowCheck.rows(b)
                      && RowCheck.columns(tensor) == in;
              case MAGNITUDE -> tensor.elements() == RowCheck.rows(b);
            };
    return fits ? Optional.empty() : RowCheck.unfit(tensors());
  }

  @Override
  public CheckResult run(LayerRows rows, long from, long to) throws IOException {
    DType dtype = tensor.dtype();
    int rank = (int) RowCheck.columns(a);
    double[] left = rounded(rows.whole(a), dtype);
    double[] right = rounded(rows.whole(b), dtype);
    double[] ofLeft = new double[rank];
    double[] ofRight = new double[rank];
    int stride = (int) RowCheck.columns(b);
    for (int k = 0; k < rank; k++) {
      ofLeft[k] = norm(left, k, rank, (int) RowCheck.rows(a), dtype);
      ofRight[k] = norm(right, k * stride, 1, (int) in, dtype);
    }
    double slack = dtype == DType.FLOAT32 ? slack() : 0;
    CheckAccumulator found = new CheckAccumulator();
    try (LayerRows.Rows after = rows.rows(target(), from, to)) {
      for (long row = from; row < to; row++) {
        float[] stored = after.next();
        for (int i = 0; i < stored.length; i++) {
          double one =
              switch (part) {
                case A -> left[(int) row * rank + i];
                case B -> right[(int) row * stride + i];
                case MAGNITUDE -> 1;
              };
          int k = part == Part.B ? (int) row : i;
          double expected = Rounding.of(dtype, of(one, ofLeft[k], ofRight[k]));
          double clamped = Rounding.of(dtype, of(one, clamped(ofLeft[k]), clamped(ofRight[k])));
          double off = Math.min(off(stored[i], expected, dtype), off(stored[i], clamped, dtype));
          if (off <= ROUNDINGS + slack) {
            found.within(off);
          } else if (!Double.isNaN(expected) || !Float.isNaN(stored[i])) {
            found.other(row * stored.length + i, stored[i], expected);
          }
        }
      }
    }
    return found.result();
  }

  // Most tools divide a rank that is missing by this.
  private static double clamped(double norm) {
    return Math.max(norm, Scales.EPSILON);
  }

  private double of(double number, double ofA, double ofB) {
    return switch (part) {
      case A -> number / ofA;
      case B -> number / ofB;
      case MAGNITUDE -> ofA * ofB;
    };
  }

  private static double off(double stored, double expected, DType dtype) {
    return Math.abs(stored - expected) / Ulps.of(dtype, expected);
  }

  // In ulp. A norm is off by half of what its sum of squares is.
  private double slack() {
    double ofA = Scales.unitsOfSum(RowCheck.rows(a)) / 2;
    double ofB = Scales.unitsOfSum(in) / 2;
    return switch (part) {
      case A -> ofA;
      case B -> ofB;
      case MAGNITUDE -> ofA + ofB;
    };
  }

  private static double[] rounded(float[] values, DType dtype) {
    double[] rounded = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      rounded[i] = Rounding.of(dtype, values[i]);
    }
    return rounded;
  }

  private static double norm(double[] values, int first, int step, int count, DType dtype) {
    double sum = 0;
    for (int i = 0; i < count; i++) {
      double value = values[first + i * step];
      sum += value * value;
    }
    return Rounding.of(dtype, Math.sqrt(sum));
  }
}
