package io.qtrace.job.lineage;

import java.io.Serializable;
import java.util.List;

/** Table {@code experiments}. */
@ColumnComment(
    "One row per experiment: a training run, compared with the checkpoint it started from")
public record ExperimentRow(
    @ColumnComment("hash of the training run and of the audit that followed it") String auditId,
    String name,
    @ColumnComment("audit_id of the run's rows in train_steps") String trainId,
    @ColumnComment("audit_id of the audit that followed") String archiveAuditId,
    @ColumnComment("checkpoint that the run started from, as given") String sourceCheckpoint,
    @ColumnComment("checkpoint at the end of the run") String trainedCheckpoint,
    @ColumnComment("CLEAN or VIOLATION, from comparing the two") String verdict,
    @ColumnComment("_Q buffers that training changed") int qChanged,
    @ColumnComment("the command's output as JSON") String report,
    @ColumnComment("further comparisons of _Q") List<BonusRow> bonus)
    implements Serializable {
  public ExperimentRow {
    bonus = List.copyOf(bonus);
  }
}
