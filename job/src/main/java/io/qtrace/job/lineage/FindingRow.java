package io.qtrace.job.lineage;

import io.qtrace.job.policy.Finding;

/** A finding, in table {@code edges}. */
record FindingRow(
    String rule,
    int tensors,
    String example,
    String message,
    String waivedReason,
    String waivedUntil) {
  static FindingRow of(Finding finding) {
    return new FindingRow(
        finding.rule(),
        finding.tensors(),
        finding.example(),
        finding.message(),
        finding.waivedReason(),
        finding.waivedUntil());
  }

  Finding finding() {
    return new Finding(rule, tensors, example, message, waivedReason, waivedUntil);
  }
}
