package io.qtrace.job.lineage;

import io.qtrace.job.judge.EdgeCounts;
import io.qtrace.job.judge.EdgeEnds;
import java.util.List;

/** Table {@code edges}. */
@ColumnComment("One row per compared pair of checkpoints, parent and child, with the verdict")
record EdgeRow(
    String auditId,
    @Inline(
            comments = {
              "checkpoint_id of the parent",
              "checkpoint_id of the child",
              "path of the parent below the archive's root; a URI outside of it",
              "path of the child below the archive's root"
            })
        EdgeEnds ends,
    @ColumnComment(
            "train, bake or another operation with a section in the policy; unknown; several: the weights"
                + " show several steps, which have edges of their own; none: they show another parent")
        String kind,
    @ColumnComment(
            "whole for the only parent; base (most tensors) and donor or adapter for two parents; member"
                + " for those of an average; null in rows of older versions")
        String parentPart,
    @ColumnComment("why the pair is an edge: declared, order, weights") List<String> evidence,
    @ColumnComment("CLEAN or VIOLATION") String verdict,
    @Inline(
            comments = {
              "tensors with the same dtype, shape and bytes",
              "tensors with the same numbers in another dtype or in other bytes, such as -0 for 0",
              "tensors with other numbers in the same shape",
              "tensors with another shape",
              "tensors that only the child has",
              "tensors that only the parent has"
            })
        EdgeCounts.ByStatus status,
    @Inline(comments = {"_Q buffers that both have", "those of them that changed"})
        EdgeCounts.Quantized quantized,
    @Inline(comments = {"layers of the child with LUT deltas", "those whose LUT moved"})
        EdgeCounts.Luts luts,
    @ColumnComment("groups of tensors that a train edge trains; null in rows of older versions")
        List<String> trained,
    List<FindingRow> findings,
    @ColumnComment("remarks that are not findings") List<String> notes,
    @Inline RulesRow rules,
    @ColumnComment(
            "what the weights of the whole archive show about the pair; null in rows of older versions")
        WeightsRow weights) {
  /** The policy that the verdict depends on. */
  record RulesRow(
      int policyVersion,
      String policyHash,
      @ColumnComment("hash of the policy, the overrides of the run and the waivers in force")
          String rulesHash) {}

  /** The evidence of the weights. */
  record WeightsRow(
      @ColumnComment("nothing, agrees, infers, reaches, prefers or contradicts") String says,
      @ColumnComment("parent that they show instead of the edge's, or without a declaration")
          String parent,
      @ColumnComment("its child, which may be an ancestor of the edge's") String child,
      String kind,
      Integer shared,
      Integer changed,
      Integer unexplained,
      @ColumnComment("steps from parent to child, if there are several") List<StepRow> steps) {}

  /** One of several steps. */
  record StepRow(String kind, String child) {}
}
