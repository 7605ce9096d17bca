package io.qtrace.job.lineage;

import java.io.Serializable;
import java.util.List;

/** Table {@code experiments}. */
@ColumnComment("One row an experiment: a training run, compared with what it began with")
public record ExperimentRow(
    @ColumnComment("hash of the training run and of the audit that followed it") String auditId,
    String name,
    @ColumnComment("audit_id of the run's rows in train_steps") String trainId,
    @ColumnComment("audit_id of the audit that followed") String archiveAuditId,
    @ColumnComment("checkpoint that the run began with, as it was given") String sourceCheckpoint,
    @ColumnComment("checkpoint that it ended with") String trainedCheckpoint,
    @ColumnComment("CLEAN or VIOLATION: of the comparison of the two") String verdict,
    @ColumnComment("_Q buffers that training changed") int qChanged,
    @ColumnComment("what the command printed, as JSON") String report,
    @ColumnComment("further comparisons of _Q") List<BonusRow> bonus)
    implements Serializable {
  public ExperimentRow {
    bonus = List.copyOf(bonus);
  }
}
