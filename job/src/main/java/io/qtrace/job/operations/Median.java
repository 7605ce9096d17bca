package io.qtrace.job.operations;

import java.util.List;

/** The middle one of some numbers. */
public final class Median {
  private Median() {}

  /**
   * The median; of an even count the larger of the two in the middle.
   *
   * @param values at least one
   */
  public static double of(List<Double> values) {
    return values.stream().sorted().skip(values.size() / 2).findFirst().orElseThrow();
  }
}
