package io.qtrace.kernel;

import java.io.Serializable;
import java.math.BigDecimal;
import java.util.Objects;

/**
 * A sum of float64 numbers without any rounding, so that it is the same in whatever order its terms
 * and partial sums come.
 *
 * @param finite exact sum of the finite terms
 * @param special sum of the terms that are infinite or NaN, else 0
 */
public record ExactSum(BigDecimal finite, double special) implements Serializable {
  public static final ExactSum ZERO = new ExactSum(BigDecimal.ZERO, 0);

  public ExactSum {
    Objects.requireNonNull(finite, "finite");
  }

  public ExactSum plus(double term) {
    return Double.isFinite(term)
        ? new ExactSum(finite.add(new BigDecimal(term)), special)
        : new ExactSum(finite, special + term);
  }

  public ExactSum plus(ExactSum other) {
    return new ExactSum(finite.add(other.finite), special + other.special);
  }

  /** The sum, rounded once. */
  public double value() {
    return special == 0 ? finite.doubleValue() : special;
  }
}
