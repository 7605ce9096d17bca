package io.qtrace.job.operations;

import io.qtrace.job.compare.Recomputation;
import io.qtrace.job.compare.TensorComparison;
import io.qtrace.job.compare.UnexplainedElements;
import io.qtrace.job.policy.EdgeKind;
import io.qtrace.job.policy.FindingList;
import io.qtrace.lut.LayerNames;
import java.io.Serializable;
import java.util.List;
import java.util.Map;
import java.util.Optional;

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

  /** Whether it does anything that a step shows; else it explains nothing of it. */
  default boolean applies(Step step) {
    return true;
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
   * What has to be recomputed from the data of both checkpoints before the operation can be
   * distinguished from others: run on the executors in blocks.
   *
   * @param ends where the tensors are
   * @return by a key of the operation's choice, of which {@link Step#recomputed} gives the outcome;
   *     none where nothing has to be
   */
  default Map<String, Recomputation> recomputations(Step step, Ends ends) {
    return Map.of();
  }

  /**
   * Whether a tensor that it explains follows from the parent, so that nothing has to be known in
   * addition to it; training, for one, makes numbers that follow from nothing here.
   */
  default boolean derives(TensorComparison explained, Step step) {
    return true;
  }

  /** Whether its numbers prove which of two checkpoints is the parent. */
  default boolean provesDirection() {
    return false;
  }

  /** What it makes of {@code _Q} and {@code lut[_indices]}. */
  enum Quantization {
    /** Every {@code _Q} is {@code lut[_indices]}, but where a LUT trains. */
    SYNCED,
    /** What it does not touch stays as it is. */
    KEPT,
    /** The one may fall behind the other. */
    STALE
  }

  /** Whether what facts show of it is proved by recomputing numbers from the data alone. */
  default boolean isProvedByData() {
    return false;
  }

  /**
   * Whether what it explains of a step cannot be a coincidence, so that what it leaves is damage
   * and no reason to take another operation, such as training, which explains any numbers; asked
   * only where it {@linkplain #applies applies}.
   */
  default boolean isCertain(Step step) {
    return false;
  }

  /** Whether its findings name all that it leaves unexplained. */
  default boolean reportsUnexplained() {
    return false;
  }

  /** What it makes of {@code _Q}. */
  default Quantization quantization() {
    return Quantization.KEPT;
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

  /** What it did, as far as people need to know it, a sentence each. */
  default List<String> notes(Step step) {
    return List.of();
  }

  /**
   * What it did to the {@code _Q} buffers of a pair, in one sentence.
   *
   * @param changed how many changed, at least one
   * @param all how many there are
   */
  String conclusion(long changed, long all);
}
