package io.qtrace.compare;

import io.qtrace.lut.Lut;
import io.qtrace.lut.Requantize;
import io.qtrace.lut.Scales;
import io.qtrace.tensor.DType;
import io.qtrace.tensor.Shape;
import io.qtrace.tensor.TensorEntry;
import java.io.IOException;
import java.io.Serializable;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Checks a float weight against {@code _Q} times the scales that it was made from.
 *
 * @param target the weight [out, in]
 * @param quantized {@code _Q} [out, in]
 * @param source what a tool that computes in float16 recomputes indices from; empty to use {@code
 *     _Q} as it is
 */
public record DequantizedCheck(
    TensorEntry target,
    TensorEntry quantized,
    QuantizedLayer.Factors factors,
    Optional<Source> source)
    implements RowCheck {
  // Relative error of the products: rounding of the scales' sums and of the dtype.
  private static final float FLOAT32 = 0x1p-18f;
  private static final float FLOAT16 = 0x1p-8f;
  private static final float BFLOAT16 = 0x1p-6f;

  /**
   * What indices are recomputed from.
   *
   * @param weight [out, in]
   */
  public record Source(TensorEntry lut, TensorEntry weight) implements Serializable {}

  @Override
  public Stream<TensorEntry> tensors() {
    return Stream.of(
            Stream.of(target, quantized),
            factors.tensors(),
            source.stream().flatMap(one -> Stream.of(one.lut(), one.weight())))
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
            && target.shape().sizes().get(1) <= QuantizedLayer.MAX_ROW
            && source.stream()
                .allMatch(
                    one ->
                        LutCheck.isTable(one.lut()) && one.weight().shape().equals(target.shape()));
    return fits ? Optional.empty() : RowCheck.unfit(tensors());
  }

  @Override
  public CheckResult run(LayerRows reader, long from, long to) throws IOException {
    Scales scales = factors.scales(reader);
    float unit = unit(target.dtype());
    Optional<Requantize> requantize = Optional.empty();
    if (source.isPresent()) {
      Lut lut = new Lut(reader.whole(source.get().lut()));
      requantize = Optional.of(Requantize.inFloat16(scales, lut));
    }
    TensorEntry quantizes = source.map(Source::weight).orElse(quantized);
    float[] given = new float[scales.in()];
    CheckAccumulator found = new CheckAccumulator();
    try (LayerRows.Rows weights = reader.rows(target, from, to);
        LayerRows.Rows entries = reader.rows(quantizes, from, to)) {
      for (long row = from; row < to; row++) {
        System.arraycopy(entries.next(), 0, given, 0, given.length);
        float[] stored = weights.next();
        float[] products = scales.row((int) row);
        float[] uncertainty = scales.uncertainty((int) row);
        Optional<Requantize.Row> indices = Optional.empty();
        if (requantize.isPresent()) {
          indices = Optional.of(requantize.get().row((int) row, given));
        }
        for (int i = 0; i < given.length; i++) {
          float entry =
              indices.isEmpty() ? given[i] : indices.get().nearest(i, stored[i] / products[i]);
          float product = entry * products[i];
          float allowed =
              unit * Math.abs(product)
                  + Math.abs(entry) * uncertainty[i] * (unit / FLOAT32)
                  + Float.MIN_NORMAL;
          float off = Math.abs(stored[i] - product);
          if (off <= allowed) {
            found.within(off / Ulps.of(target.dtype(), product));
          } else {
            found.other(row * given.length + i, stored[i], product);
          }
        }
      }
    }
    return found.result();
  }

  private static float unit(DType dtype) {
    return switch (dtype) {
      case FLOAT16 -> FLOAT16;
      case BFLOAT16 -> BFLOAT16;
      default -> FLOAT32;
    };
  }
}
