package io.qtrace.compare;

import io.qtrace.kernel.MismatchAccumulator;
import io.qtrace.lut.Lut;
import io.qtrace.lut.Scales;
import io.qtrace.tensor.DType;
import io.qtrace.tensor.Shape;
import io.qtrace.tensor.TensorEntry;
import java.io.IOException;
import java.io.Serializable;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Checks a float weight against {@code _Q} times the scales that it was made from. */
public final class DequantizedCheck {
  // Of the products, relative: rounding of the scales' sums and of the type.
  private static final float FLOAT32 = 0x1p-18f;
  private static final float FLOAT16 = 0x1p-8f;
  private static final float BFLOAT16 = 0x1p-6f;

  private final LayerRows reader;

  public DequantizedCheck(LayerRows reader) {
    this.reader = reader;
  }

  /**
   * A weight and what it is made of.
   *
   * @param weight [out, in]
   * @param quantized {@code _Q} [out, in]
   * @param lut the table of a tool that computes in float16 and so recomputes indices; empty for
   *     {@code _Q} as it is
   */
  public record Layer(
      TensorEntry weight,
      TensorEntry quantized,
      QuantizedLayer.Factors factors,
      Optional<TensorEntry> lut)
      implements Serializable {
    /** Why the weight cannot be computed from these tensors; empty where it can. */
    public Optional<String> obstacle() {
      long rank = factors.magnitude().elements();
      boolean fits =
          weight.shape().rank() == 2
              && rank > 0
              && weight.elements() > 0
              && quantized.shape().equals(weight.shape())
              && factors.a().shape().equals(Shape.of(weight.shape().sizes().get(0), rank))
              && factors.b().shape().equals(Shape.of(rank, weight.shape().sizes().get(1)))
              && factors.a().elements() + factors.b().elements() <= QuantizedLayer.MAX_SCALES
              && weight.shape().sizes().get(1) <= QuantizedLayer.MAX_ROW;
      return fits
          ? Optional.empty()
          : Optional.of(
              "shapes do not fit: weight %s, _Q %s".formatted(weight.shape(), quantized.shape()));
    }

    /** Files that the tensors lie in. */
    public Set<String> files() {
      return Stream.concat(
              Stream.of(weight, quantized, factors.a(), factors.b(), factors.magnitude()),
              factors.baked().stream())
          .map(tensor -> tensor.storage().file())
          .collect(Collectors.toCollection(TreeSet::new));
    }
  }

  /**
   * Elements that are not the product, or are but for rounding.
   *
   * @param layer one without an {@link Layer#obstacle}
   * @param from first row
   * @param to row after the last
   */
  public CheckResult run(Layer layer, long from, long to) throws IOException {
    Scales scales = new IndicesCheck(reader).scales(layer.factors());
    float unit = unit(layer.weight().dtype());
    Optional<Lut> lut = Optional.empty();
    if (layer.lut().isPresent()) {
      lut = Optional.of(new Lut(reader.whole(layer.lut().get())));
    }
    float[] expected = new float[scales.in()];
    MismatchAccumulator found = new MismatchAccumulator();
    Ulps rounded = Ulps.NONE;
    try (LayerRows.Rows weights = reader.rows(layer.weight(), from, to);
        LayerRows.Rows quantized = reader.rows(layer.quantized(), from, to)) {
      for (long row = from; row < to; row++) {
        System.arraycopy(quantized.next(), 0, expected, 0, expected.length);
        float[] stored = weights.next();
        float[] factors = scales.row((int) row);
        float[] uncertainty = scales.uncertainty((int) row);
        for (int i = 0; i < expected.length; i++) {
          float entry =
              lut.isEmpty()
                  ? expected[i]
                  : lut.get().value(lut.get().nearest(stored[i] / factors[i]));
          float product = entry * factors[i];
          float allowed =
              unit * Math.abs(product)
                  + Math.abs(entry) * uncertainty[i] * (unit / FLOAT32)
                  + Float.MIN_NORMAL;
          float off = Math.abs(stored[i] - product);
          if (off <= allowed) {
            rounded = rounded.plus(off / Ulps.of(layer.weight().dtype(), product));
          } else {
            found.add(row * expected.length + i, stored[i], product);
          }
        }
      }
    }
    return new CheckResult(found.partial(), rounded);
  }

  private static float unit(DType dtype) {
    return switch (dtype) {
      case FLOAT16 -> FLOAT16;
      case BFLOAT16 -> BFLOAT16;
      default -> FLOAT32;
    };
  }
}
