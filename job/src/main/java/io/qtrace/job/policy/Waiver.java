package io.qtrace.job.policy;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.io.Serializable;
import java.time.LocalDate;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Objects;

/**
 * Waives a known finding.
 *
 * @param rule of the finding
 * @param runs globs over paths of run folders; if empty, every run matches
 * @param checkpoints globs over paths of the child checkpoint
 * @param tensors globs over names of tensors, or of layers for rules about their LUTs
 * @param reason for the readers of the audit
 * @param expires the last day on which it is in force, UTC
 */
public record Waiver(
    String rule,
    List<String> runs,
    List<String> checkpoints,
    List<String> tensors,
    String reason,
    LocalDate expires)
    implements Serializable {
  public Waiver {
    Objects.requireNonNull(rule, "rule");
    runs = runs == null ? List.of() : List.copyOf(runs);
    checkpoints = checkpoints == null ? List.of() : List.copyOf(checkpoints);
    tensors = tensors == null ? List.of() : List.copyOf(tensors);
    Objects.requireNonNull(expires, "expires");
    if (reason == null || reason.isBlank()) {
      throw new IllegalArgumentException("Invalid waiver of %s: no reason".formatted(rule));
    }
    List.of(runs, checkpoints, tensors).forEach(Globs::new);
  }

  @JsonCreator
  static Waiver of(
      @JsonProperty(value = "rule", required = true) String rule,
      @JsonProperty("runs") List<String> runs,
      @JsonProperty("checkpoints") List<String> checkpoints,
      @JsonProperty("tensors") List<String> tensors,
      @JsonProperty(value = "reason", required = true) String reason,
      @JsonProperty(value = "expires", required = true) String expires) {
    try {
      LocalDate day = LocalDate.parse(Objects.toString(expires));
      return new Waiver(rule, runs, checkpoints, tensors, reason, day);
    } catch (DateTimeParseException e) {
      throw new IllegalArgumentException(
          "Invalid waiver of %s: expires %s, expected a date such as 2027-01-31"
              .formatted(rule, expires),
          e);
    }
  }

  /** Whether it may apply to that run and checkpoint. */
  boolean isAbout(String run, String checkpoint) {
    return new Globs(runs).match(run) && new Globs(checkpoints).match(checkpoint);
  }

  boolean covers(String brokenRule, String tensor) {
    return rule.equals(brokenRule) && new Globs(tensors).match(tensor);
  }

  boolean isExpired(LocalDate today) {
    return today.isAfter(expires);
  }

  /** The finding, waived. */
  public Finding applyTo(Finding finding) {
    return finding.waived(reason, expires.toString());
  }

  /** Whether a finding was waived by this waiver. */
  boolean waived(Finding finding) {
    return rule.equals(finding.rule())
        && reason.equals(finding.waivedReason())
        && expires.toString().equals(finding.waivedUntil());
  }
}
