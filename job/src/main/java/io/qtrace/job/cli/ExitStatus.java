package io.qtrace.job.cli;

import io.qtrace.job.policy.Verdict;

/** Exit statuses of commands. */
final class ExitStatus {
  static final int CLEAN = 0;
  static final int VIOLATIONS = 1;
  static final int FAILED = 2;

  private ExitStatus() {}

  static int of(Verdict verdict) {
    return switch (verdict) {
      case CLEAN -> CLEAN;
      case VIOLATION -> VIOLATIONS;
    };
  }
}
