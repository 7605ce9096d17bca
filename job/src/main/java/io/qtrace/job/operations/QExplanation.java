package io.qtrace.job.operations;

import io.qtrace.compare.Ulps;
import io.qtrace.job.compare.Recomputed;
import io.qtrace.job.compare.UnexplainedElements;
import java.io.Serializable;
import java.util.Objects;
import java.util.Optional;

/**
 * Why one {@code _Q} changed.
 *
 * @param cause empty when it is identical
 * @param residual elements that the cause does not reproduce; none unless unexplained
 * @param drift of a bake: max |baked LUT - LUT that training used|
 * @param proof whether every element was recomputed
 * @param rounded elements that are reproduced only with another order of summation
 */
public record QExplanation(
    Optional<QCause> cause,
    UnexplainedElements residual,
    Optional<Double> drift,
    Proof proof,
    Ulps rounded)
    implements Serializable {
  /** How certain a cause is. */
  public enum Proof {
    /** Every element was reproduced bit by bit. */
    PROVED,
    /** Every element was reproduced, some only within rounding. */
    WITHIN_ROUNDING,
    /** Numbers that it needs could not be recomputed. */
    UNPROVED
  }

  /** The explanation of a {@code _Q} that did not change. */
  public static final QExplanation IDENTICAL =
      new QExplanation(Optional.empty(), UnexplainedElements.NONE, Optional.empty());

  public QExplanation {
    Objects.requireNonNull(cause, "cause");
    Objects.requireNonNull(residual, "residual");
    Objects.requireNonNull(drift, "drift");
    Objects.requireNonNull(proof, "proof");
    Objects.requireNonNull(rounded, "rounded");
  }

  /** An explanation that was recomputed. */
  public QExplanation(
      Optional<QCause> cause, UnexplainedElements residual, Optional<Double> drift) {
    this(cause, residual, drift, Proof.PROVED, Ulps.NONE);
  }

  /** An explanation that is consistent, but not fully recomputed. */
  public static QExplanation unproved(QCause cause) {
    return new QExplanation(
        Optional.of(cause), UnexplainedElements.NONE, Optional.empty(), Proof.UNPROVED, Ulps.NONE);
  }

  /** Every element is reproduced. */
  public static QExplanation proved(QCause cause) {
    return new QExplanation(Optional.of(cause), UnexplainedElements.NONE, Optional.empty());
  }

  /** A cause whose elements were recomputed; empty unless all of them were reproduced. */
  static Optional<QExplanation> of(QCause cause, Recomputed found) {
    Ulps rounded = found.rounded();
    return found
        .unexplained()
        .filter(UnexplainedElements::isNone)
        .map(
            none ->
                new QExplanation(
                    Optional.of(cause),
                    none,
                    Optional.empty(),
                    rounded.isNone() ? Proof.PROVED : Proof.WITHIN_ROUNDING,
                    rounded));
  }

  public static QExplanation unexplained(UnexplainedElements residual) {
    return new QExplanation(Optional.of(QCause.UNEXPLAINED), residual, Optional.empty());
  }

  public boolean isUnexplained() {
    return cause.equals(Optional.of(QCause.UNEXPLAINED));
  }
}
