package io.qtrace.job.lineage;

/** Table {@code disputes}. */
@ColumnComment(
    "One row a declared parent that the weights doubted, and what the contents say of it")
record DisputeRow(
    @ColumnComment("the audit that compared them first") String auditId,
    @ColumnComment("checkpoint_id of the parent that the weights show") String inferredId,
    @ColumnComment("checkpoint_id of the declared parent") String declaredId,
    @ColumnComment("checkpoint_id of the child of the inferred edge") String childId,
    @ColumnComment("version of the algorithm and hash of the categories") String method,
    @ColumnComment("tensors that the declared parent leaves unexplained") int unexplained,
    @ColumnComment("tensors that neither it nor the operation gives") Integer invented,
    @ColumnComment("whether most of what the declared step changed is as in the inferred parent")
        boolean kept) {}
