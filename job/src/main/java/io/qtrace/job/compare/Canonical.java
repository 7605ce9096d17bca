package io.qtrace.job.compare;

/**
 * Values that were seen before: equal ones are held once, such as the names of a model's tensors,
 * which recur in each of its checkpoints, and are found equal without a look at their contents.
 *
 * @param <T> an immutable type
 */
public final class Canonical<T> {
  // Any instance of a value will do, whichever thread put it here.
  private final Object[] known;

  /**
   * @param slots a power of two: how many values are remembered at most
   */
  public Canonical(int slots) {
    if (Integer.bitCount(slots) != 1) {
      throw new IllegalArgumentException("Invalid slots: " + slots + ", expected a power of two");
    }
    this.known = new Object[slots];
  }

  /** The last value seen that is equal to this one, else this one; null as it is. */
  @SuppressWarnings("unchecked") // equal values are of one type
  public T of(T value) {
    if (value == null) {
      return null;
    }
    int hash = value.hashCode();
    int slot = (hash ^ hash >>> 16) & known.length - 1;
    Object last = known[slot];
    if (value.equals(last)) {
      return (T) last;
    }
    known[slot] = value;
    return value;
  }
}
