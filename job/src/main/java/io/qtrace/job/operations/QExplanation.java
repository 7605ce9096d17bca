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
 * @param residual elements that the cause does not reproduce: none unless unexplained
 * @param drift of a bake: max |baked LUT - LUT that training used|
 * @param proof whether every element was recomputed
 * @param rounded elements that the recomputation gives only with its sums in another order
 */
public record QExplanation(
    Optional<QCause> cause,
    UnexplainedElements residual,
    Optional<Double> drift,
    Proof proof,
    Ulps rounded)
    implements Serializable {
  /** How sure a cause is. */
  public enum Proof {
    /** Every element was recomputed, bit by bit. */
    PROVED,
    /** Every element was recomputed, some only within what rounding allows. */
    WITHIN_ROUNDING,
    /** What it needs could not be recomputed. */
    UNPROVED
  }

  /** Of a {@code _Q} that did not change. */
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

  /** An explanation that fits all that was seen, of which not all could be recomputed. */
  public static QExplanation unproved(QCause cause) {
    return new QExplanation(
        Optional.of(cause), UnexplainedElements.NONE, Optional.empty(), Proof.UNPROVED, Ulps.NONE);
  }

  /** Every element is reproduced. */
  public static QExplanation proved(QCause cause) {
    return new QExplanation(Optional.of(cause), UnexplainedElements.NONE, Optional.empty());
  }

  /** A cause whose elements were recomputed; empty where that does not give all of them. */
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
