package io.qtrace.job.audit.cause;

import java.util.Objects;
import java.util.Optional;

/**
 * Why one {@code _Q} changed.
 *
 * @param cause empty when it is identical
 * @param residual none unless unexplained
 * @param drift of a bake: max |baked LUT - LUT that training used|
 */
public record QExplanation(Optional<QCause> cause, Residual residual, Optional<Double> drift) {
  public QExplanation {
    Objects.requireNonNull(cause, "cause");
    Objects.requireNonNull(residual, "residual");
    Objects.requireNonNull(drift, "drift");
  }

  static QExplanation proved(QCause cause) {
    return new QExplanation(Optional.of(cause), Residual.NONE, Optional.empty());
  }

  static QExplanation unexplained(Residual residual) {
    return new QExplanation(Optional.of(QCause.UNEXPLAINED), residual, Optional.empty());
  }

  public boolean isUnexplained() {
    return cause.equals(Optional.of(QCause.UNEXPLAINED));
  }
}
