package io.qtrace.job.lineage;

import java.io.Serializable;
import java.util.Objects;

/**
 * Something that a person should look at.
 *
 * @param rule short name of the expectation that was broken, such as {@code q-never}
 * @param tensors how many tensors it is about; 0 when it is about a whole checkpoint
 * @param example name of one of them, or the path of the checkpoint
 * @param message one sentence, file words escaped
 */
public record FindingRow(String rule, int tensors, String example, String message)
    implements Serializable {
  public FindingRow {
    Objects.requireNonNull(rule, "rule");
    Objects.requireNonNull(example, "example");
    Objects.requireNonNull(message, "message");
  }
}
