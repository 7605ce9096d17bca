package io.qtrace.job.operations;

import com.fasterxml.jackson.annotation.JsonValue;
import java.io.Serializable;
import java.util.Objects;

/**
 * Why a {@code _Q} buffer differs from its parent's.
 *
 * @param name in upper case
 */
public record QCause(@JsonValue String name) implements Serializable {
  /** No recomputation reproduces it. */
  public static final QCause UNEXPLAINED = new QCause("UNEXPLAINED");

  /** The operation drops it. */
  public static final QCause DROPPED = new QCause("DROPPED");

  public QCause {
    Objects.requireNonNull(name, "name");
  }

  @Override
  public String toString() {
    return name;
  }
}
