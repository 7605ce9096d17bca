package io.qtrace.kernel;

/** Collects elements that deviate from a rule, in ascending order. Not thread safe. */
public final class DeviationAccumulator {
  private Deviations first = Deviations.NONE;
  private long count;

  /** What was found so far. */
  public Deviations partial() {
    return count == 0
        ? Deviations.NONE
        : new Deviations(count, first.first(), first.value(), first.expected());
  }

  /** How many were added. */
  long count() {
    return count;
  }

  /** Counts another of a kind that was added before. */
  void addAnother() {
    count++;
  }

  /** Adds one that comes after all before; parameters as those of {@link Deviations}. */
  public void add(long index, double value, double expected) {
    if (count++ == 0) {
      first = new Deviations(1, index, value, expected);
    }
  }
}
