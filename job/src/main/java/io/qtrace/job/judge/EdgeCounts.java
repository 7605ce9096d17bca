package io.qtrace.job.judge;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import io.qtrace.compare.TensorStatus;
import io.qtrace.job.compare.PairComparison;
import io.qtrace.job.compare.TensorComparison;
import io.qtrace.lut.Category;
import java.io.Serializable;
import java.util.List;
import java.util.Map;

/** Counts of an edge: tensors by status, {@code _Q} buffers and LUTs. */
public record EdgeCounts(
    @JsonUnwrapped ByStatus status, @JsonUnwrapped Quantized quantized, @JsonUnwrapped Luts luts)
    implements Serializable {
  /** Tensors by status. */
  public record ByStatus(
      int identical, int equal, int changed, int reshaped, int added, int removed)
      implements Serializable {
    static ByStatus of(Map<TensorStatus, Integer> counts) {
      return new ByStatus(
          counts.getOrDefault(TensorStatus.IDENTICAL, 0),
          counts.getOrDefault(TensorStatus.EQUAL, 0),
          counts.getOrDefault(TensorStatus.CHANGED, 0),
          counts.getOrDefault(TensorStatus.RESHAPED, 0),
          counts.getOrDefault(TensorStatus.ADDED, 0),
          counts.getOrDefault(TensorStatus.REMOVED, 0));
    }
  }

  /**
   * Buffers {@code _Q}.
   *
   * @param qBuffers number of them on both sides
   * @param qChanged number of those that changed
   */
  public record Quantized(int qBuffers, int qChanged) implements Serializable {}

  /**
   * LUTs.
   *
   * @param lutLayers layers with LUT deltas in the child
   * @param lutTrained number of those whose LUT moved
   */
  public record Luts(int lutLayers, int lutTrained) implements Serializable {}

  /**
   * Of a compared pair.
   *
   * @param trainable moves of the LUTs that the child trains
   */
  public static EdgeCounts of(PairComparison pair, List<LutMove> trainable) {
    List<TensorComparison> quantized =
        pair.of(Category.Q)
            .filter(tensor -> tensor.left().isPresent() && tensor.right().isPresent())
            .toList();
    return new EdgeCounts(
        ByStatus.of(pair.summary()),
        new Quantized(
            quantized.size(), (int) quantized.stream().filter(TensorComparison::isChanged).count()),
        new Luts(trainable.size(), (int) trainable.stream().filter(LutMove::isTrained).count()));
  }
}
