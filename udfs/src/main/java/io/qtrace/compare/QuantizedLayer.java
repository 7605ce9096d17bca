package io.qtrace.compare;

import io.qtrace.lut.Scales;
import io.qtrace.tensor.DType;
import io.qtrace.tensor.Shape;
import io.qtrace.tensor.TensorEntry;
import java.io.IOException;
import java.io.Serializable;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A layer's indices, or its {@code _Q}, and everything they are computed from. The tensors may come
 * from different checkpoints.
 *
 * @param target integers [out, in], or a {@code _Q} [out, in]: values of entries in place of their
 *     indices
 * @param source what is quantized
 * @param factors of the scales
 * @param lut the table that the target refers to
 * @param float16 whether the tool computed in float16
 */
public record QuantizedLayer(
    TensorEntry target, Source source, Factors factors, TensorEntry lut, boolean float16)
    implements Serializable {
  /** Numbers of both factors that are held at once, 128 MiB. */
  static final long MAX_SCALES = 1L << 25;

  /** Numbers of a row that are held at once, 4 MiB. */
  static final long MAX_ROW = 1L << 20;

  /**
   * What is quantized.
   *
   * @param rows a weight [out, in], or a {@code _Q} [out, in]
   * @param scaled whether the rows are a {@code _Q}, of which the weight is the product with the
   *     scales
   * @param lora what is added to the weight
   */
  public record Source(TensorEntry rows, boolean scaled, Optional<Lora> lora)
      implements Serializable {
    public Source {
      Objects.requireNonNull(rows, "rows");
      Objects.requireNonNull(lora, "lora");
    }

    /** A weight as it is. */
    public static Source weight(TensorEntry weight) {
      return new Source(weight, false, Optional.empty());
    }
  }

  /**
   * An adapter: B A alpha / r, of which alpha is estimated.
   *
   * @param a [r, in]
   * @param b [out, r]
   */
  public record Lora(TensorEntry a, TensorEntry b) implements Serializable {}

  /**
   * Factors of the scales.
   *
   * @param a [out, rank]
   * @param b [rank, in]
   * @param magnitude [rank]
   * @param baked {@code _scales_baked_flag}, one number; empty where the layer has none
   */
  public record Factors(
      TensorEntry a,
      TensorEntry b,
      TensorEntry magnitude,
      Optional<TensorEntry> baked,
      Scales.Form form)
      implements Serializable {
    Stream<TensorEntry> tensors() {
      return Stream.concat(Stream.of(a, b, magnitude), baked.stream());
    }

    /** The scales, read whole. */
    Scales scales(LayerRows rows) throws IOException {
      boolean stored = baked.isPresent() && rows.number(baked.get()) != 0;
      return (stored ? Scales.Form.STORED : form)
          .of(rows.whole(a), rows.whole(b), rows.whole(magnitude));
    }
  }

  /** Why the indices cannot be computed from these tensors; empty if they can. */
  public Optional<String> obstacle() {
    for (TensorEntry tensor : List.of(source.rows(), factors.a, factors.b, factors.magnitude)) {
      boolean exact = tensor.dtype() == DType.FLOAT32 || (float16 && isFloat(tensor));
      boolean known = tensor == source.rows() && (isScaled() || isRoundedWeight());
      if (!exact && !known) {
        return Optional.of(
            "%s is %s, which is rounded, expected float32"
                .formatted(tensor.name(), tensor.dtype().label()));
      }
    }
    if (!LutCheck.isTable(lut)
        || !(isFloat(target) || LutCheck.fits(lut.dtype(), target.dtype()))) {
      return Optional.of(
          "lut is %s %s, _indices %s"
              .formatted(lut.dtype().label(), lut.shape(), target.dtype().label()));
    }
    if (!fits()) {
      return Optional.of(
          "shapes do not fit: _indices %s, weight %s, scale_A %s, scale_B %s, rank_magnitude %s"
              .formatted(
                  target.shape(),
                  source.rows().shape(),
                  factors.a.shape(),
                  factors.b.shape(),
                  factors.magnitude.shape()));
    }
    if (factors.a.elements() + factors.b.elements() > MAX_SCALES || in() > MAX_ROW) {
      return Optional.of("scales of more than %d numbers".formatted(MAX_SCALES));
    }
    return Optional.empty();
  }

  private boolean isScaled() {
    return source.scaled() && isFloat(source.rows());
  }

  /**
   * Whether the weight is a bfloat16, of which models are published: what was quantized, or that
   * rounded since.
   */
  boolean isRoundedWeight() {
    return !source.scaled() && source.rows().dtype() == DType.BFLOAT16;
  }

  private static boolean isFloat(TensorEntry tensor) {
    return tensor.dtype().isFloat();
  }

  private boolean fits() {
    if (target.shape().rank() != 2
        || factors.magnitude.shape().rank() != 1
        || target.elements() == 0) {
      return false;
    }
    long rank = factors.magnitude.elements();
    return rank > 0
        && source.rows().shape().equals(target.shape())
        && factors.a.shape().equals(Shape.of(out(), rank))
        && factors.b.shape().equals(Shape.of(rank, in()))
        && factors.baked.stream().allMatch(flag -> flag.elements() == 1)
        && source.lora().stream().allMatch(this::fits);
  }

  private boolean fits(Lora lora) {
    return lora.a().shape().rank() == 2
        && lora.a().elements() + lora.b().elements() <= MAX_SCALES
        && lora.a().shape().sizes().get(1) == in()
        && lora.b().shape().equals(Shape.of(out(), lora.a().shape().sizes().get(0)));
  }

  /** All tensors that are read. */
  Stream<TensorEntry> tensors() {
    return Stream.of(
            Stream.of(target, source.rows(), lut),
            factors.tensors(),
            source.lora().stream().flatMap(lora -> Stream.of(lora.a(), lora.b())))
        .flatMap(all -> all);
  }

  /** Rows of the weight; only where there is no {@link #obstacle}. */
  public long out() {
    return target.shape().sizes().get(0);
  }

  /** Columns of the weight. */
  public long in() {
    return target.shape().sizes().get(1);
  }
}
