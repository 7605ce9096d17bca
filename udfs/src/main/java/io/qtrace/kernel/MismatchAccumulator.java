package io.qtrace.kernel;

/** Collects elements that deviate from a rule, in ascending order. Not thread safe. */
public final class MismatchAccumulator {
  private Mismatches first = Mismatches.NONE;
  private long count;

  /** What was found so far. */
  public Mismatches partial() {
    return count == 0
        ? Mismatches.NONE
        : new Mismatches(count, first.first(), first.value(), first.expected());
  }

  /** How many were added. */
  long count() {
    return count;
  }

  /** Counts more of a kind that was added before. */
  void addMore(int more) {
    count += more;
  }

  /** Adds one that comes after all before; parameters as those of {@link Mismatches}. */
  public void add(long index, double value, double expected) {
    if (count++ == 0) {
      first = new Mismatches(1, index, value, expected);
    }
  }
}
