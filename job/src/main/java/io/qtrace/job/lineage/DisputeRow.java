package io.qtrace.job.lineage;

/** Table {@code disputes}. */
@ColumnComment(
    "One row per declared parent that the weights cast doubt on, and what the contents show")
record DisputeRow(
    @ColumnComment("the audit that compared them first") String auditId,
    @ColumnComment("checkpoint_id of the parent that the weights show") String inferredId,
    @ColumnComment("checkpoint_id of the declared parent") String declaredId,
    @ColumnComment("checkpoint_id of the child of the inferred edge") String childId,
    @ColumnComment("version of the algorithm and hash of the category rules") String method,
    @ColumnComment("tensors that the declared parent leaves unexplained") int unexplained,
    @ColumnComment("tensors that follow from neither the declared parent nor the operation")
        Integer invented,
    @ColumnComment(
            "whether most tensors that the declared step changed are those of the inferred parent")
        boolean kept) {}
