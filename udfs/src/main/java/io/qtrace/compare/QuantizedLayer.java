package io.qtrace.compare;

import io.qtrace.tensor.DType;
import io.qtrace.tensor.Shape;
import io.qtrace.tensor.TensorEntry;
import java.io.Serializable;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What a layer's indices are computed from, and they themselves.
 *
 * @param indices integers [out, in]
 * @param weight float32 [out, in]
 * @param scaleA float32 [out, rank]
 * @param scaleB float32 [rank, in]
 * @param magnitude float32 [rank]
 * @param baked {@code _scales_baked_flag}, one number; empty where the layer has none
 * @param lut the stored table
 */
public record QuantizedLayer(
    TensorEntry indices,
    TensorEntry weight,
    TensorEntry scaleA,
    TensorEntry scaleB,
    TensorEntry magnitude,
    List<TensorEntry> baked,
    TensorEntry lut)
    implements Serializable {
  /** Numbers of both factors that are held at once, 128 MiB. */
  static final long MAX_SCALES = 1L << 25;

  /** Numbers of a row that are held at once, 4 MiB. */
  static final long MAX_ROW = 1L << 20;

  public QuantizedLayer {
    baked = List.copyOf(baked);
  }

  /** Why the indices cannot be computed from these tensors; empty where they can. */
  public Optional<String> obstacle() {
    for (TensorEntry tensor : List.of(weight, scaleA, scaleB, magnitude)) {
      if (tensor.dtype() != DType.FLOAT32) {
        return Optional.of(
            "%s is %s, which is rounded, expected float32"
                .formatted(tensor.name(), tensor.dtype().label()));
      }
    }
    if (!LutCheck.isTable(lut) || !LutCheck.fits(lut.dtype(), indices.dtype())) {
      return Optional.of(
          "lut is %s %s, _indices %s"
              .formatted(lut.dtype().label(), lut.shape(), indices.dtype().label()));
    }
    if (!fits()) {
      return Optional.of(
          "shapes do not fit: _indices %s, weight %s, scale_A %s, scale_B %s, rank_magnitude %s"
              .formatted(
                  indices.shape(),
                  weight.shape(),
                  scaleA.shape(),
                  scaleB.shape(),
                  magnitude.shape()));
    }
    if (scaleA.elements() + scaleB.elements() > MAX_SCALES || in() > MAX_ROW) {
      return Optional.of("scales of more than %d numbers".formatted(MAX_SCALES));
    }
    return Optional.empty();
  }

  private boolean fits() {
    if (indices.shape().rank() != 2 || magnitude.shape().rank() != 1 || indices.elements() == 0) {
      return false;
    }
    long rank = magnitude.elements();
    return rank > 0
        && weight.shape().equals(indices.shape())
        && scaleA.shape().equals(Shape.of(out(), rank))
        && scaleB.shape().equals(Shape.of(rank, in()))
        && baked.stream().allMatch(flag -> flag.elements() == 1);
  }

  /** Files that the tensors lie in. */
  public Set<String> files() {
    return tensors()
        .map(tensor -> tensor.storage().file())
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private Stream<TensorEntry> tensors() {
    return Stream.concat(
        Stream.of(indices, weight, scaleA, scaleB, magnitude, lut), baked.stream());
  }

  /** Rows of the weight; only where there is no {@link #obstacle}. */
  public long out() {
    return indices.shape().sizes().get(0);
  }

  /** Columns of the weight. */
  public long in() {
    return indices.shape().sizes().get(1);
  }
}
