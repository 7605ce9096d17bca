package io.qtrace.job.report;

import com.fasterxml.jackson.core.io.NumberOutput;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Numbers for people; always with a decimal point, independent of the locale. */
final class Numbers {
  private Numbers() {}

  /** The shortest text that reads back as the same double, as Python prints it. */
  static String exact(double number) {
    String text = NumberOutput.toString(number, true);
    if (!Double.isFinite(number)) {
      return text;
    }
    double magnitude = Math.abs(number);
    boolean plain = magnitude == 0 || (magnitude >= 1e-4 && magnitude < 1e16);
    return plain ? new BigDecimal(text).toPlainString() : text;
  }

  static String exact(List<Double> numbers) {
    return numbers.stream().map(Numbers::exact).collect(Collectors.joining(", ", "[", "]"));
  }

  /** Six digits after the decimal point, with an exponent, as the notebook prints differences. */
  static String scientific(double number) {
    if (!Double.isFinite(number)) {
      return exact(number);
    }
    // Ties to even, as C and so Python round the exact binary value.
    BigDecimal rounded = new BigDecimal(number).round(new MathContext(7, RoundingMode.HALF_EVEN));
    return String.format(Locale.ROOT, "%.6e", rounded);
  }

  static String percent(long part, long whole) {
    return String.format(Locale.ROOT, "%.2f%%", whole == 0 ? 0 : 100.0 * part / whole);
  }
}
