package io.qtrace.job.lineage;

import java.util.List;

/** Table {@code candidates}. */
@About("One row a pair of checkpoints that the search for parents compared, and what it found")
record CandidateRow(
    @About("the audit that compared them first") String auditId,
    @About("checkpoint_id of the first") String oneId,
    @About("checkpoint_id of the other") String otherId,
    @About("version of the algorithm and hash of the categories") String method,
    @About("as if the other was made from the first") TransitionRow forward,
    @About("as if the first was made from the other") TransitionRow backward) {
  /** What would have led from one checkpoint to another. */
  record TransitionRow(
      @About("operation that leaves the least unexplained") String kind,
      @About("tensors with equal dtype, shape and bytes") int shared,
      int changed,
      int unexplained,
      @About("tensors that neither the other checkpoint nor the operation gives") Integer invented,
      @About("of the numbers that training moves, Euclidean") double distance,
      @About("whether its numbers show the direction") boolean proof,
      boolean plausible,
      @About("hashes of the groups of tensors that are not all of the other checkpoint")
          List<Integer> groups) {}
}
