package io.qtrace.compare;

import io.qtrace.kernel.Rounding;
import io.qtrace.lut.Scales;
import io.qtrace.tensor.DType;
import io.qtrace.tensor.Shape;
import io.qtrace.tensor.TensorEntry;
import java.io.IOException;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Checks a weight that was replaced by entries of a LUT, taken at weight / (A B) as if they were
 * spaced evenly from -1 to 1. Weight, factors and their product are rounded to the dtype of the
 * result.
 *
 * @param target the weight after [out, in]
 * @param original the weight before [out, in]
 * @param a [out, rank]
 * @param b [rank, in or more]
 * @param lut its entries
 */
public record UniformLevelsCheck(
    TensorEntry target, TensorEntry original, TensorEntry a, TensorEntry b, TensorEntry lut)
    implements RowCheck {
  private static final double LEAST = 1e-8; // roundings of a product

  @Override
  public Stream<TensorEntry> tensors() {
    return Stream.of(target, original, a, b, lut);
  }

  @Override
  public Optional<String> obstacle() {
    boolean fits =
        RowCheck.isMatrixOf(target, original)
            && LutCheck.isTable(lut)
            && a.shape().rank() == 2
            && b.shape().rank() == 2
            && a.shape().equals(Shape.of(RowCheck.rows(target), RowCheck.rows(b)))
            && RowCheck.columns(b) >= RowCheck.columns(target)
            && a.elements() > 0
            && a.elements() + b.elements() <= QuantizedLayer.MAX_SCALES
            && RowCheck.columns(target) <= QuantizedLayer.MAX_ROW;
    return fits ? Optional.empty() : RowCheck.unfit(tensors());
  }

  @Override
  public CheckResult run(LayerRows rows, long from, long to) throws IOException {
    DType dtype = target.dtype();
    float[] ones = new float[(int) RowCheck.rows(b)];
    Arrays.fill(ones, 1);
    Scales products = Scales.baked(rounded(rows.whole(a)), rounded(rows.whole(b)), ones);
    float[] table = rounded(rows.whole(lut));
    CheckAccumulator found = new CheckAccumulator();
    try (LayerRows.Rows after = rows.rows(target, from, to);
        LayerRows.Rows before = rows.rows(original, from, to)) {
      for (long row = from; row < to; row++) {
        float[] stored = after.next();
        float[] weights = before.next();
        float[] scales = products.row((int) row);
        float[] uncertainty = products.uncertainty((int) row);
        for (int i = 0; i < stored.length; i++) {
          float weight = (float) Rounding.of(dtype, weights[i]);
          float expected = table[index(weight, scales[i], table.length)];
          if (stored[i] == expected) {
            continue;
          }
          int one = index(weight, scales[i] - uncertainty[i], table.length);
          int other = index(weight, scales[i] + uncertainty[i], table.length);
          if (stored[i] == table[one] || stored[i] == table[other]) {
            found.neighbour(1);
          } else {
            found.other(row * stored.length + i, stored[i], expected);
          }
        }
      }
    }
    return found.result();
  }

  private float[] rounded(float[] values) {
    float[] rounded = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      rounded[i] = (float) Rounding.of(target.dtype(), values[i]);
    }
    return rounded;
  }

  private int index(float weight, float product, int entries) {
    float scale = (float) Rounding.of(target.dtype(), Math.max(product, LEAST));
    float quotient = Math.max(-1, Math.min(1, weight / scale));
    float step = 2f / (entries - 1);
    return Float.isNaN(quotient) ? 0 : (int) Math.rint((quotient + 1) / step);
  }
}
