package io.qtrace.job.policy;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.io.Serializable;
import java.util.Locale;

/**
 * How a child was made from its parent: the name of an operation, which has a section of
 * expectations in the policy.
 *
 * @param label in lower case
 */
public record EdgeKind(@JsonValue String label) implements Serializable, Comparable<EdgeKind> {
  /** No operation explains what changed. */
  public static final EdgeKind UNKNOWN = new EdgeKind("unknown");

  /** Several operations in sequence: their edges are judged instead of this one. */
  public static final EdgeKind SEVERAL = new EdgeKind("several");

  /** No operation: the weights show another parent. */
  public static final EdgeKind NONE = new EdgeKind("none");

  @JsonCreator
  public EdgeKind(String label) {
    this.label = label.toLowerCase(Locale.ROOT);
  }

  @Override
  public int compareTo(EdgeKind other) {
    return label.compareTo(other.label);
  }

  @Override
  public String toString() {
    return label;
  }
}
