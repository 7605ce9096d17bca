package io.qtrace.job.cli;

import io.qtrace.job.audit.AuditReport;
import io.qtrace.job.policy.Verdict;
import java.util.Locale;

/** What makes the audit command exit with status 1. */
enum FailOn {
  VIOLATION,
  FINDING,
  NEVER;

  int status(AuditReport report) {
    boolean fails =
        switch (this) {
          case VIOLATION -> report.verdict() == Verdict.VIOLATION;
          case FINDING -> report.verdict() == Verdict.VIOLATION || report.findingCount() > 0;
          case NEVER -> false;
        };
    return fails ? ExitStatus.VIOLATIONS : ExitStatus.CLEAN;
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
