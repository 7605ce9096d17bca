package io.qtrace.job.parents;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** What a parent gave a child. */
public enum ParentPart {
  /** All that it has of a parent: it is the only one. */
  WHOLE,
  /** Most of its tensors. */
  BASE,
  /** Those that the base did not give. */
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
