package io.qtrace.job.policy;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.qtrace.io.SafeText;
import java.io.Serializable;
import java.util.Objects;

/**
 * Something that a person should look at.
 *
 * @param rule short name of the expectation that was broken, such as {@code q-never}
 * @param tensors how many tensors it is about, or edges; 0 when it is about a whole checkpoint
 * @param example name of one of them, or the path of the checkpoint
 * @param message one sentence, names from files escaped
 * @param waivedReason why a waiver of the policy covers it; null where none does
 * @param waivedUntil the last day on which it does, ISO 8601; null where none does
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
      throw new IllegalArgumentException("Invalid waiver of " + rule + ": half of it");
    }
  }

  /** A finding that counts. */
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

  /** Whether a verdict counts it: no waiver covers it. */
  public boolean counts() {
    return waivedReason == null;
  }
}
