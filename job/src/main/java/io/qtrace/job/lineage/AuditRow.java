package io.qtrace.job.lineage;

import io.qtrace.job.policy.Verdict;

/** Table {@code audits}. */
@ColumnComment(
    "One row per audit; re-auditing an unchanged archive under an unchanged policy adds none")
record AuditRow(
    @ColumnComment("hash of the archive's content and the policy") String auditId,
    String archive,
    @Inline AuditEntry.Span span,
    @Inline AuditEntry.Made made,
    @Inline AuditEntry.Totals totals,
    @ColumnComment("CLEAN or VIOLATION, the worst of its edges and checkpoints") String verdict,
    @Inline AuditEntry.Reading reading,
    @ColumnComment("the command's output as JSON") String report) {
  static AuditRow of(AuditEntry audit) {
    return new AuditRow(
        audit.id(),
        audit.archive(),
        audit.span(),
        audit.made(),
        audit.totals(),
        audit.verdict().name(),
        audit.reading(),
        audit.report());
  }

  AuditEntry entry() {
    return new AuditEntry(
        auditId, archive, span, made, totals, Verdict.valueOf(verdict), reading, report);
  }
}
