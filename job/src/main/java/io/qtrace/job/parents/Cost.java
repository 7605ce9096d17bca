package io.qtrace.job.parents;

import java.util.Comparator;

/**
 * What an edge costs, the first that differs decides. Whole numbers, so that sums do not depend on
 * their order.
 *
 * @param reversed edges that claims tell the other way round and contents do not prove
 * @param unexplained tensors
 * @param distance of the sketches, in 2^-30
 * @param against hints that speak against it
 */
record Cost(long reversed, long unexplained, long distance, long against)
    implements Comparable<Cost> {
  private static final Comparator<Cost> ORDER =
      Comparator.comparingLong(Cost::reversed)
          .thenComparingLong(Cost::unexplained)
          .thenComparingLong(Cost::distance)
          .thenComparingLong(Cost::against);
  private static final double LARGEST = 1L << 20; // sums of 2^13 of them fit a long

  /** More than all edges of a tree together that no claim contradicts, or one that claims do. */
  static final Cost ROOT = new Cost(1, 1L << 40, 0, 0);

  static Cost of(int reversed, int unexplained, double distance, int against) {
    return new Cost(
        reversed, unexplained, Math.round(Math.min(distance, LARGEST) * 0x1p30), against);
  }

  Cost plus(Cost other) {
    return new Cost(
        reversed + other.reversed,
        unexplained + other.unexplained,
        distance + other.distance,
        against + other.against);
  }

  Cost minus(Cost other) {
    return new Cost(
        reversed - other.reversed,
        unexplained - other.unexplained,
        distance - other.distance,
        against - other.against);
  }

  @Override
  public int compareTo(Cost other) {
    return ORDER.compare(this, other);
  }
}
