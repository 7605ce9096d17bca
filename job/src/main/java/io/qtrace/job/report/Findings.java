package io.qtrace.job.report;

import io.qtrace.io.SafeText;
import io.qtrace.job.policy.Finding;

/** Findings as text. */
final class Findings {
  private Findings() {}

  /** One line: rule and message, and the waiver that covers it. */
  static String line(Finding finding) {
    String line = finding.rule() + ": " + finding.message();
    return finding.counts()
        ? line
        : "waived until %s (%s): %s"
            .formatted(finding.waivedUntil(), SafeText.of(finding.waivedReason()), line);
  }
}
