package io.qtrace.job.lineage;

/** Table {@code globals}. */
@ColumnComment(
    "One row a class or function that a pickle of a checkpoint names; of very many the worst")
record GlobalRow(
    @ColumnComment("the audit that read it first") String auditId,
    @ColumnComment("identity of the checkpoint and its content") String checkpointId,
    @ColumnComment("path of the checkpoint below the archive's root") String path,
    @ColumnComment("file that has the pickle: of a sharded checkpoint a shard") String uri,
    @ColumnComment("member of the zip archive that is the pickle; empty where the file is")
        String pickle,
    @ColumnComment("byte of the file at which the first opcode that names it lies") long position,
    @ColumnComment("empty where the pickle cannot be followed") String module,
    @ColumnComment("name in the module; why the pickle cannot be followed, where it cannot")
        String name,
    @ColumnComment(
            "safe; unknown; dangerous: runs code or reaches out; unreadable: more may be named")
        String judgement) {}
