package io.qtrace.job.lineage;

import java.io.Serializable;
import java.time.Instant;

/** Table {@code audits}. */
@About("One row an audit; an audit of an unchanged archive under an unchanged policy adds none")
public record AuditRow(
    @About("hash of the archive's content and the policy") String auditId,
    String archive,
    Instant started,
    Instant finished,
    @About("version of qtrace") String version,
    int policyVersion,
    String policyHash,
    int checkpoints,
    @About("those that no audit had read before") int checkpointsRead,
    int edges,
    int violations,
    int findings,
    @About("CLEAN or VIOLATION: the worst of its edges and checkpoints") String verdict,
    @About("bytes asked of the object store") long bytesRead,
    @About("bytes of checkpoints that an earlier audit had read") long bytesSkipped,
    @About("pairs of tensors whose bytes were compared") long tensorsCompared,
    @About("what the command printed, as JSON") String report)
    implements Serializable {}
