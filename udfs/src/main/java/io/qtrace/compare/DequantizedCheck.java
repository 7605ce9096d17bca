package io.qtrace.compare;

import io.qtrace.kernel.MismatchAccumulator;
import io.qtrace.lut.Lut;
import io.qtrace.lut.Scales;
import io.qtrace.tensor.DType;
import io.qtrace.tensor.Shape;
import io.qtrace.tensor.TensorEntry;
import java.io.IOException;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Checks a float weight against {@code _Q} times the scales that it was made from.
 *
 * @param target the weight [out, in]
 * @param quantized {@code _Q} [out, in]
 * @param lut the table of a tool that computes in float16 and so recomputes indices; empty for
 *     {@code _Q} as it is
 */
public record DequantizedCheck(
    TensorEntry target,
    TensorEntry quantized,
    QuantizedLayer.Factors factors,
    Optional<TensorEntry> lut)
    implements RowCheck {
  // Of the products, relative: rounding of the scales' sums and of the type.
  private static final float FLOAT32 = 0x1p-18f;
  private static final float FLOAT16 = 0x1p-8f;
  private static final float BFLOAT16 = 0x1p-6f;

  @Override
  public Stream<TensorEntry> tensors() {
    return Stream.of(Stream.of(target, quantized), factors.tensors(), lut.stream())
        .flatMap(all -> all);
  }

  @Override
  public Optional<String> obstacle() {
    long rank = factors.magnitude().elements();
    boolean fits =
        target.shape().rank() == 2
            && rank > 0
            && target.elements() > 0
            && quantized.shape().equals(target.shape())
            && factors.a().shape().equals(Shape.of(target.shape().sizes().get(0), rank))
            && factors.b().shape().equals(Shape.of(rank, target.shape().sizes().get(1)))
            && factors.a().elements() + factors.b().elements() <= QuantizedLayer.MAX_SCALES
            && target.shape().sizes().get(1) <= QuantizedLayer.MAX_ROW;
    return fits ? Optional.empty() : RowCheck.unfit(tensors());
  }

  @Override
  public CheckResult run(LayerRows reader, long from, long to) throws IOException {
    Scales scales = factors.scales(reader);
    float unit = unit(target.dtype());
    Optional<Lut> table = Optional.empty();
    if (lut.isPresent()) {
      table = Optional.of(new Lut(reader.whole(lut.get())));
    }
    float[] expected = new float[scales.in()];
    MismatchAccumulator found = new MismatchAccumulator();
    Ulps rounded = Ulps.NONE;
    try (LayerRows.Rows weights = reader.rows(target, from, to);
        LayerRows.Rows entries = reader.rows(quantized, from, to)) {
      for (long row = from; row < to; row++) {
        System.arraycopy(entries.next(), 0, expected, 0, expected.length);
        float[] stored = weights.next();
        float[] products = scales.row((int) row);
        float[] uncertainty = scales.uncertainty((int) row);
        for (int i = 0; i < expected.length; i++) {
          float entry =
              table.isEmpty()
                  ? expected[i]
                  : table.get().value(table.get().nearest(stored[i] / products[i]));
          float product = entry * products[i];
          float allowed =
              unit * Math.abs(product)
                  + Math.abs(entry) * uncertainty[i] * (unit / FLOAT32)
                  + Float.MIN_NORMAL;
          float off = Math.abs(stored[i] - product);
          if (off <= allowed) {
            rounded = rounded.plus(off / Ulps.of(target.dtype(), product));
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
