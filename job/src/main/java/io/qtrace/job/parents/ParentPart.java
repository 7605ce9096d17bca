package io.qtrace.job.parents;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** What a child has of a parent. */
public enum ParentPart {
  /** Everything: this is the only parent. */
  WHOLE,
  /** Most of its tensors. */
  BASE,
  /** The tensors that the base did not give. */
  DONOR,
  /** What was merged into the base. */
  ADAPTER,
  /** Its weighted part of an average. */
  MEMBER;

  @JsonValue
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
