package io.qtrace.job.lineage;

import java.io.Serializable;
import java.util.List;

/** Table {@code experiments}. */
@About("One row an experiment: a training run, compared with what it began with")
public record ExperimentRow(
    @About("hash of the training run and of the audit that followed it") String auditId,
    String name,
    @About("audit_id of the run's rows in train_steps") String trainId,
    @About("audit_id of the audit that followed") String archiveAuditId,
    @About("checkpoint that the run began with, as it was given") String sourceCheckpoint,
    @About("checkpoint that it ended with") String trainedCheckpoint,
    @About("CLEAN or VIOLATION: of the comparison of the two") String verdict,
    @About("_Q buffers that training changed") int qChanged,
    @About("what the command printed, as JSON") String report,
    @About("further comparisons of _Q") List<BonusRow> bonus)
    implements Serializable {
  public ExperimentRow {
    bonus = List.copyOf(bonus);
  }
}
