package io.qtrace.job.operations;

import com.fasterxml.jackson.annotation.JsonValue;
import java.io.Serializable;
import java.util.Objects;

/**
 * Why a {@code _Q} buffer is not what its parent's is.
 *
 * @param name in upper case
 */
public record QCause(@JsonValue String name) implements Serializable {
  /** No recomputation gives it. */
  public static final QCause UNEXPLAINED = new QCause("UNEXPLAINED");

  /** The operation leaves it out. */
  public static final QCause DROPPED = new QCause("DROPPED");

  public QCause {
    Objects.requireNonNull(name, "name");
  }

  @Override
  public String toString() {
    return name;
  }
}
