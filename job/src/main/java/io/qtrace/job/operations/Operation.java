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
 * A way to make a checkpoint from another. Everything qtrace knows about an operation is in one
 * class, registered in {@link Operations}; what the policy expects of it is in the section of its
 * kind in {@code policy.yaml}. Operations run on the executors.
 */
public interface Operation extends Serializable {
  /** Its name in tables, reports and the policy. */
  EdgeKind kind();

  /** One line for people. */
  String description();

  /** The number of parents: one, unless it combines checkpoints. */
  default int parents() {
    return 1;
  }

  /**
   * Whether the step shows the effect of this operation; if not, the operation explains nothing.
   */
  default boolean applies(Step step) {
    return true;
  }

  /**
   * Elements of a changed tensor that the operation does not explain.
   *
   * @param changed a tensor with other numbers, of another shape, added or removed
   */
  UnexplainedElements unexplained(TensorComparison changed, Step step);

  /** Why the {@code _Q} of a layer changed, if this operation explains it. */
  default Optional<QExplanation> explain(QuantizedStep layer) {
    return Optional.empty();
  }

  /**
   * What has to be recomputed from the data of both checkpoints to distinguish the operation from
   * others; it runs on the executors in blocks.
   *
   * @param ends where the tensors are
   * @return recomputations by a key of the operation's choice, with which {@link Step#recomputed}
   *     returns the result; empty if none is needed
   */
  default Map<String, Recomputation> recomputations(Step step, Ends ends) {
    return Map.of();
  }

  /**
   * Whether a tensor that it explains follows from the parent alone; trained numbers, for example,
   * do not.
   */
  default boolean derives(TensorComparison explained, Step step) {
    return true;
  }

  /** Whether its numbers prove which of two checkpoints is the parent. */
  default boolean provesDirection() {
    return false;
  }

  /** How {@code _Q} relates to {@code lut[_indices]} after the operation. */
  enum Quantization {
    /** Every {@code _Q} is {@code lut[_indices]}, except where a LUT trains. */
    SYNCED,
    /** Untouched layers stay as they are. */
    KEPT,
    /** {@code _Q} may become stale. */
    STALE
  }

  /** Whether only recomputing numbers from the data proves what the facts suggest. */
  default boolean isProvedByData() {
    return false;
  }

  /**
   * Whether what it explains of a step cannot be a coincidence: then what it leaves unexplained is
   * damage, and no reason to prefer another operation, such as training, which explains any
   * numbers. Called only if it {@linkplain #applies applies}.
   */
  default boolean isCertain(Step step) {
    return false;
  }

  /** Whether its findings name all that it leaves unexplained. */
  default boolean reportsUnexplained() {
    return false;
  }

  /** How {@code _Q} relates to the LUT after it. */
  default Quantization quantization() {
    return Quantization.KEPT;
  }

  /** Number of elements that its explanation of a step reproduces only within rounding. */
  default long rounded(Step step) {
    return 0;
  }

  /** Number of elements that it reproduces only from other entries of the LUT than the parent's. */
  default long requantized(Step step) {
    return 0;
  }

  /** Whether it leaves every tensor in its dtype. */
  default boolean keepsDtypes() {
    return false;
  }

  /** Whether it explains the change of a stored LUT. */
  default boolean explainsLut(LayerNames layer, Step step) {
    return isBakeOrRefresh(layer, step);
  }

  /** Whether a stored LUT is a bake of the parent's deltas, or the LUT that training uses. */
  static boolean isBakeOrRefresh(LayerNames layer, Step step) {
    return LutMatch.isBakeOrRefresh(step, layer);
  }

  /** Adds findings that the policy's expectations do not cover. */
  default void addFindings(FindingList findings, Step step) {}

  /** Notes for people about what it did, a sentence each. */
  default List<String> notes(Step step) {
    return List.of();
  }

  /**
   * What it did to the {@code _Q} buffers of a pair, in one sentence.
   *
   * @param changed number that changed, at least one
   * @param all number of buffers
   */
  String conclusion(long changed, long all);
}
