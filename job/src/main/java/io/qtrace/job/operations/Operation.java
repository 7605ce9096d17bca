package io.qtrace.job.operations;

import io.qtrace.job.compare.Recomputation;
import io.qtrace.job.compare.TensorComparison;
import io.qtrace.job.compare.UnexplainedElements;
import io.qtrace.job.policy.EdgeKind;
import io.qtrace.job.policy.FindingList;
import io.qtrace.lut.LayerNames;
import io.qtrace.tensor.TensorEntry;
import java.io.Serializable;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * Something that makes a checkpoint from another: what qtrace knows of it is one class, registered
 * in {@link Operations}. What the policy expects of it is the section of its kind in {@code
 * policy.yaml}. Operations run on the executors.
 */
public interface Operation extends Serializable {
  /** Its name in tables, reports and the policy. */
  EdgeKind kind();

  /** One line for people. */
  String description();

  /** How many parents it takes, one unless it combines checkpoints. */
  default int parents() {
    return 1;
  }

  /**
   * Elements of a changed tensor that the operation does not account for.
   *
   * @param changed a tensor with other numbers, of another shape, added or removed
   */
  UnexplainedElements unexplained(TensorComparison changed, Step step);

  /**
   * Why the {@code _Q} of a layer changed, if this operation does that; empty where it does not
   * apply.
   */
  default Optional<QExplanation> explain(QuantizedStep layer) {
    return Optional.empty();
  }

  /**
   * What has to be recomputed from the child's data before the operation can be distinguished from
   * others: run on the executors in blocks.
   *
   * @param child tensors of the child by name
   * @return by the layer's name; none where nothing has to be
   */
  default Map<String, Recomputation> recomputations(
      Step step, Function<String, Optional<TensorEntry>> child) {
    return Map.of();
  }

  /** Whether its numbers prove which of two checkpoints is the parent. */
  default boolean provesDirection() {
    return false;
  }

  /** Whether it leaves every tensor in its dtype. */
  default boolean keepsDtypes() {
    return false;
  }

  /** Whether a stored LUT that changed is as the operation leaves it. */
  default boolean explainsLut(LayerNames layer, Step step) {
    return isBakeOrRefresh(layer, step);
  }

  /** Whether a stored LUT is a bake of the parent's deltas, or the LUT that training uses. */
  static boolean isBakeOrRefresh(LayerNames layer, Step step) {
    return LutMatch.isBakeOrRefresh(step, layer);
  }

  /** Adds what the policy's expectations do not cover. */
  default void addFindings(FindingList findings, Step step) {}

  /**
   * What it did to the {@code _Q} buffers of a pair, in one sentence.
   *
   * @param changed how many changed, at least one
   * @param all how many there are
   */
  String conclusion(long changed, long all);
}
