package io.qtrace.kernel;

/**
 * A sum over a tensor's elements that does not depend on how the tensor was cut: element {@code i}
 * is added to lane {@code i mod 8} in float64; after each leaf of 2^14 elements the lanes are added
 * pairwise, and the leaves' sums without rounding. Elements come in ascending order, and no leaf is
 * left and entered again.
 */
final class LaneSum {
  static final int LANES = 8;
  static final int LEAF_ELEMENTS = 1 << 14;

  private final double[] lanes = new double[LANES];
  private final ExactAccumulator leaves = new ExactAccumulator();
  private long leaf;

  /** The lanes of the leaf that element {@code index} belongs to. */
  double[] lanes(long index) {
    long next = index / LEAF_ELEMENTS;
    if (next != leaf) {
      flush();
      leaf = next;
    }
    return lanes;
  }

  void add(long index, double term) {
    lanes(index)[(int) index & (LANES - 1)] += term;
  }

  ExactSum total() {
    flush();
    return leaves.total();
  }

  private void flush() {
    double[] l = lanes;
    double sum = ((l[0] + l[1]) + (l[2] + l[3])) + ((l[4] + l[5]) + (l[6] + l[7]));
    leaves.add(sum);
    java.util.Arrays.fill(lanes, 0);
  }
}
