package io.qtrace.job.policy;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.qtrace.io.SafeText;
import java.io.Serializable;
import java.util.Objects;

/**
 * A problem that a person should look at.
 *
 * @param rule short name of the expectation that was broken, such as {@code q-never}
 * @param tensors number of tensors or edges concerned; 0 for a finding about a whole checkpoint
 * @param example name of one of them, or the path of the checkpoint
 * @param message one sentence, names from files escaped
 * @param waivedReason reason of the waiver that covers it; null if none does
 * @param waivedUntil last day of the waiver, ISO 8601; null if none covers it
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Finding(
    String rule,
    int tensors,
    String example,
    String message,
    String waivedReason,
    String waivedUntil)
    implements Serializable {
  public Finding {
    Objects.requireNonNull(rule, "rule");
    Objects.requireNonNull(example, "example");
    Objects.requireNonNull(message, "message");
    if ((waivedReason == null) != (waivedUntil == null)) {
      throw new IllegalArgumentException(
          "Invalid waiver of " + rule + ": expected both a reason and a date, or neither");
    }
  }

  /** A finding that is not waived. */
  public Finding(String rule, int tensors, String example, String message) {
    this(rule, tensors, example, message, null, null);
  }

  /** The same finding, waived. */
  public Finding waived(String reason, String until) {
    return new Finding(rule, tensors, example, message, reason, until);
  }

  /** The same finding as one about a whole checkpoint. */
  public Finding about(String path) {
    return new Finding(
        rule,
        tensors,
        path,
        "%s: %s".formatted(SafeText.of(path), message),
        waivedReason,
        waivedUntil);
  }

  /** Whether it counts for the verdict: no waiver covers it. */
  public boolean counts() {
    return waivedReason == null;
  }
}
