package io.qtrace.job.lineage;

/** Table {@code disputes}. */
@About("One row a declared parent that the weights doubted, and what the contents say of it")
record DisputeRow(
    @About("the audit that compared them first") String auditId,
    @About("checkpoint_id of the parent that the weights show") String inferredId,
    @About("checkpoint_id of the declared parent") String declaredId,
    @About("checkpoint_id of the child of the inferred edge") String childId,
    @About("version of the algorithm and hash of the categories") String method,
    @About("tensors that the declared parent leaves unexplained") int unexplained,
    @About("tensors that neither it nor the operation gives") Integer invented,
    @About("whether most of what the declared step changed is as in the inferred parent")
        boolean kept) {}
