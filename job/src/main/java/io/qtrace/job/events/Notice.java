package io.qtrace.job.events;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import com.fasterxml.jackson.annotation.JsonValue;
import io.qtrace.io.SafeText;
import io.qtrace.job.policy.Verdict;
import io.qtrace.job.report.AuditSummary;
import java.util.Locale;
import java.util.Optional;

/**
 * The notice that a webhook or a command receives about an audit that needs attention. Its JSON is
 * specified in {@code conf/README.md}.
 *
 * @param version of this document; fields may be added to it
 * @param text one sentence for people, names escaped
 */
public record Notice(Event event, int version, String text, @JsonUnwrapped AuditSummary summary) {
  private static final int VERSION = 1;

  /** Why there is a notice. */
  public enum Event {
    /** The audit found a violation of the policy, or what {@code --fail-on} selects. */
    VIOLATION,
    /** The audit failed. */
    FAILURE;

    @JsonValue
    String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** The notice about an audit; empty if it needs no attention. */
  public static Optional<Notice> of(AuditSummary summary) {
    String archive = SafeText.of(summary.archive());
    if (summary.audit() == null) {
      String text = "Audit of %s failed: %s".formatted(archive, summary.error());
      return Optional.of(new Notice(Event.FAILURE, VERSION, text, summary));
    }
    AuditSummary.Audit audit = summary.audit();
    if (summary.status() == 0 && audit.verdict() == Verdict.CLEAN) {
      return Optional.empty();
    }
    String text =
        "%s: %s in %s"
            .formatted(
                audit.verdict(),
                Verdict.counts(audit.violations(), audit.edges(), audit.findings()),
                archive);
    return Optional.of(new Notice(Event.VIOLATION, VERSION, text, summary));
  }
}
