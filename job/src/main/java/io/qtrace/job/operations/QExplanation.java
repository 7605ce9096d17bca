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
 * @param proof whether every element was recomputed
 */
public record QExplanation(
    Optional<QCause> cause, UnexplainedElements residual, Optional<Double> drift, Proof proof)
    implements Serializable {
  /** How sure a cause is. */
  public enum Proof {
    /** Every element was recomputed. */
    PROVED,
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
  }

  /** An explanation that was recomputed. */
  public QExplanation(
      Optional<QCause> cause, UnexplainedElements residual, Optional<Double> drift) {
    this(cause, residual, drift, Proof.PROVED);
  }

  /** An explanation that fits all that was seen, of which not all could be recomputed. */
  public static QExplanation unproved(QCause cause) {
    return new QExplanation(
        Optional.of(cause), UnexplainedElements.NONE, Optional.empty(), Proof.UNPROVED);
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
