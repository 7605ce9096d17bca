package io.qtrace.job.lineage;

import io.qtrace.job.judge.EdgeCounts;
import io.qtrace.job.judge.EdgeEnds;
import java.util.List;

/** Table {@code edges}. */
@ColumnComment("One row a pair of checkpoints, parent and child, and what an audit says of it")
record EdgeRow(
    String auditId,
    @Inline EdgeEnds ends,
    @ColumnComment(
            "train, bake, another operation of the policy's sections, or unknown; several: the weights"
                + " show more steps than one, which are edges; none: they show another parent")
        String kind,
    @ColumnComment(
            "whole; of a child with two parents base, which most tensors are of, and donor or adapter;"
                + " of an average member; null in rows of older versions")
        String parentPart,
    @ColumnComment("why the pair is one: declared, order, weights") List<String> evidence,
    @ColumnComment("CLEAN or VIOLATION") String verdict,
    @Inline EdgeCounts.ByStatus status,
    @Inline EdgeCounts.Quantized quantized,
    @Inline EdgeCounts.Luts luts,
    @ColumnComment("what a train edge trains, in groups of tensors; null in rows of older versions")
        List<String> trained,
    List<FindingRow> findings,
    @ColumnComment("what is worth knowing though nothing is wrong") List<String> notes,
    @Inline RulesRow rules,
    @ColumnComment(
            "what the weights of the whole archive say of the pair; null in rows of older versions")
        WeightsRow weights) {
  /** The policy that the verdict depends on. */
  record RulesRow(
      int policyVersion,
      String policyHash,
      @ColumnComment("hash of the policy, the overrides of the run and the waivers that held")
          String rulesHash) {}

  /** What the weights say. */
  record WeightsRow(
      @ColumnComment("nothing, agrees, infers, reaches, prefers or contradicts") String says,
      @ColumnComment("parent that they show in place of the edge's, or alone") String parent,
      @ColumnComment("its child, which may be an ancestor of the edge's") String child,
      String kind,
      Integer shared,
      Integer changed,
      Integer unexplained,
      @ColumnComment("steps from parent to child, where there are several") List<StepRow> steps) {}

  /** One of several steps. */
  record StepRow(String kind, String child) {}
}
