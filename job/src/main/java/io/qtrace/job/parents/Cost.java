package io.qtrace.job.parents;

import java.util.Comparator;

/**
 * The cost of an edge, compared component by component. Integers, so that sums do not depend on
 * their order.
 *
 * @param reversed number of edges that declarations give in the opposite direction and contents do
 *     not prove
 * @param unexplained tensors, of edges that leave more than a damaged one or two
 * @param invented tensors that do not follow from the parent, and several for each damaged one
 * @param changed tensors, of edges that leave any unexplained
 * @param distance of the sketches, in 2^-30
 * @param unclaimed children with claims, of which none names the parent
 * @param against hints that speak against it
 */
record Cost(
    long reversed,
    long unexplained,
    long invented,
    long changed,
    long distance,
    long unclaimed,
    long against)
    implements Comparable<Cost> {
  private static final Comparator<Cost> ORDER =
      Comparator.comparingLong(Cost::reversed)
          .thenComparingLong(Cost::unexplained)
          .thenComparingLong(Cost::invented)
          .thenComparingLong(Cost::changed)
          .thenComparingLong(Cost::unclaimed)
          .thenComparingLong(Cost::distance)
          .thenComparingLong(Cost::against);
  private static final int DAMAGED = 2; // tensors at most
  private static final int INVENTED = 4; // tensors that count as much as a damaged one
  private static final double LARGEST = 1L << 20; // sums of 2^13 of them fit a long

  /** More than all edges of a tree together that no claim contradicts, or one that claims do. */
  static final Cost ROOT = new Cost(1, 1L << 40, 0, 0, 0, 0, 0);

  static Cost of(
      int reversed,
      int unexplained,
      int invented,
      int changed,
      double distance,
      int unclaimed,
      int against) {
    // Damage to a few tensors is not a training of all.
    boolean damaged = unexplained <= DAMAGED;
    return new Cost(
        reversed,
        damaged ? 0 : unexplained,
        damaged ? invented + INVENTED * unexplained : invented,
        unexplained > 0 ? changed : 0,
        Math.round((distance < LARGEST ? distance : LARGEST) * 0x1p30), // NaN counts as far
        unclaimed,
        against);
  }

  /** Whether at most the hints make a difference to another cost. */
  boolean isAsLow(Cost other) {
    return minus(other).equals(new Cost(0, 0, 0, 0, 0, 0, against - other.against));
  }

  Cost plus(Cost other) {
    return new Cost(
        reversed + other.reversed,
        unexplained + other.unexplained,
        invented + other.invented,
        changed + other.changed,
        distance + other.distance,
        unclaimed + other.unclaimed,
        against + other.against);
  }

  Cost minus(Cost other) {
    return new Cost(
        reversed - other.reversed,
        unexplained - other.unexplained,
        invented - other.invented,
        changed - other.changed,
        distance - other.distance,
        unclaimed - other.unclaimed,
        against - other.against);
  }

  @Override
  public int compareTo(Cost other) {
    return ORDER.compare(this, other);
  }
}
