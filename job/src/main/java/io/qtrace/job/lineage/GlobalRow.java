package io.qtrace.job.lineage;

/** Table {@code globals}. */
@ColumnComment(
    "One row per class or function that a pickle of a checkpoint names; the worst if there are many")
record GlobalRow(
    @ColumnComment("the audit that read it first") String auditId,
    @ColumnComment("identity of the checkpoint and its content") String checkpointId,
    @ColumnComment("path of the checkpoint below the archive's root") String path,
    @ColumnComment("file that contains the pickle; a shard of a sharded checkpoint") String uri,
    @ColumnComment("member of the zip archive that is the pickle; empty if the file itself is")
        String pickle,
    @ColumnComment("byte position in the file of the first opcode that names it") long position,
    @ColumnComment("empty if the pickle cannot be parsed") String module,
    @ColumnComment("name in the module; if the pickle cannot be parsed, the reason") String name,
    @ColumnComment(
            "safe, unknown, dangerous (runs code or accesses files, networks or processes), or unreadable"
                + " (cannot be parsed, so more may be named)")
        String judgement) {}
