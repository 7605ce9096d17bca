package io.qtrace.job.lineage;

import java.util.List;

/** Table {@code candidates}. */
@ColumnComment(
    "One row per pair of checkpoints that the search for parents compared, with the result")
record CandidateRow(
    @ColumnComment("the audit that compared them first") String auditId,
    @ColumnComment("checkpoint_id of the first") String oneId,
    @ColumnComment("checkpoint_id of the other") String otherId,
    @ColumnComment("version of the algorithm and hash of the category rules") String method,
    @ColumnComment("as if the other had been made from the first") TransitionRow forward,
    @ColumnComment("as if the first had been made from the other") TransitionRow backward) {
  /** The operation that would have made one checkpoint from another. */
  record TransitionRow(
      @ColumnComment("operation that leaves the least unexplained") String kind,
      @ColumnComment("tensors with equal dtype, shape and bytes") int shared,
      int changed,
      int unexplained,
      @ColumnComment("tensors that follow from neither the other checkpoint nor the operation")
          Integer invented,
      @ColumnComment("Euclidean distance of the numbers that training moves") double distance,
      @ColumnComment("whether the numbers show which checkpoint came first") boolean proof,
      boolean plausible,
      @ColumnComment("whether some tensors of a group that training moves are shared, others not")
          Boolean mixed,
      @ColumnComment(
              "whether the child lacks damage that the parent's own tensors show; null in older rows")
          Boolean mends,
      @ColumnComment(
              "hashes of the groups of tensors that differ, in part or whole, from the other checkpoint's")
          List<Integer> groups) {}
}
