package io.qtrace.job.lineage;

import java.util.List;

/** Table {@code candidates}. */
@ColumnComment(
    "One row a pair of checkpoints that the search for parents compared, and what it found")
record CandidateRow(
    @ColumnComment("the audit that compared them first") String auditId,
    @ColumnComment("checkpoint_id of the first") String oneId,
    @ColumnComment("checkpoint_id of the other") String otherId,
    @ColumnComment("version of the algorithm and hash of the categories") String method,
    @ColumnComment("as if the other was made from the first") TransitionRow forward,
    @ColumnComment("as if the first was made from the other") TransitionRow backward) {
  /** What would have led from one checkpoint to another. */
  record TransitionRow(
      @ColumnComment("operation that leaves the least unexplained") String kind,
      @ColumnComment("tensors with equal dtype, shape and bytes") int shared,
      int changed,
      int unexplained,
      @ColumnComment("tensors that neither the other checkpoint nor the operation gives")
          Integer invented,
      @ColumnComment("of the numbers that training moves, Euclidean") double distance,
      @ColumnComment("whether its numbers show the direction") boolean proof,
      boolean plausible,
      @ColumnComment("whether some tensors of a group that training moves are shared, others not")
          Boolean mixed,
      @ColumnComment("hashes of the groups of tensors that are not all of the other checkpoint")
          List<Integer> groups) {}
}
