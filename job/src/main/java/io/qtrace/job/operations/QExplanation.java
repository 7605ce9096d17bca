package io.qtrace.job.operations;

import io.qtrace.job.compare.UnexplainedElements;
import java.io.Serializable;
import java.util.Objects;
import java.util.Optional;

/**
 * Why one {@code _Q} changed.
 *
 * @param cause empty when it is identical
 * @param residual elements that the cause does not reproduce: none unless unexplained
 * @param drift of a bake: max |baked LUT - LUT that training used|
 */
public record QExplanation(
    Optional<QCause> cause, UnexplainedElements residual, Optional<Double> drift)
    implements Serializable {
  /** Of a {@code _Q} that did not change. */
  public static final QExplanation IDENTICAL =
      new QExplanation(Optional.empty(), UnexplainedElements.NONE, Optional.empty());

  public QExplanation {
    Objects.requireNonNull(cause, "cause");
    Objects.requireNonNull(residual, "residual");
    Objects.requireNonNull(drift, "drift");
  }

  /** Every element is reproduced. */
  public static QExplanation proved(QCause cause) {
    return new QExplanation(Optional.of(cause), UnexplainedElements.NONE, Optional.empty());
  }

  public static QExplanation unexplained(UnexplainedElements residual) {
    return new QExplanation(Optional.of(QCause.UNEXPLAINED), residual, Optional.empty());
  }

  public boolean isUnexplained() {
    return cause.equals(Optional.of(QCause.UNEXPLAINED));
  }
}
