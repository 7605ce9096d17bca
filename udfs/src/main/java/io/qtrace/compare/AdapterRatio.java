package io.qtrace.compare;

import io.qtrace.lut.Lut;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Estimates alpha / r of an adapter that was merged into a layer. Each index that the merge wrote
 * bounds it: the sum of {@code _Q} and ratio times slope must be nearest to that entry. The
 * estimate lies within the bounds of as many elements as possible, and is a number that people
 * choose where one does. Not thread safe.
 */
final class AdapterRatio {
  private static final double MOST = 1 << 10;
  private static final double[] USUAL = {1, 2, 0.5, 4};
  private static final int MOST_ALPHA = 4_096;

  private final float[] entries;
  private final List<double[]> ends =
      new ArrayList<>(); // value, and 1 where an interval starts, -1 where one ends

  AdapterRatio(Lut lut) {
    entries = lut.values();
  }

  /**
   * Adds an element.
   *
   * @param quotient of the weight before the merge and the scale
   * @param slope of the adapter's product and the scale
   * @param index of the entry after the merge
   */
  void add(double quotient, double slope, int index) {
    double low = index == 0 ? Double.NEGATIVE_INFINITY : middle(index - 1);
    double high = index == entries.length - 1 ? Double.POSITIVE_INFINITY : middle(index);
    double one = (low - quotient) / slope;
    double other = (high - quotient) / slope;
    double least = Math.max(Math.min(one, other), 0);
    double most = Math.min(Math.max(one, other), MOST);
    if (least < most) {
      ends.add(new double[] {least, 1});
      ends.add(new double[] {most, -1});
    }
  }

  private double middle(int below) {
    return ((double) entries[below] + entries[below + 1]) / 2;
  }

  /**
   * The ratio.
   *
   * @param rank of the adapter
   */
  float estimate(int rank) {
    if (ends.isEmpty()) {
      return 1;
    }
    ends.sort(Comparator.<double[]>comparingDouble(end -> end[0]).thenComparing(end -> end[1]));
    double low = 0;
    double high = MOST;
    int open = 0;
    int most = 0;
    for (int i = 0; i < ends.size() - 1; i++) {
      open += (int) ends.get(i)[1];
      if (open > most && ends.get(i)[0] < ends.get(i + 1)[0]) {
        most = open;
        low = ends.get(i)[0];
        high = ends.get(i + 1)[0];
      }
    }
    return (float) chosen(low, high, rank);
  }

  private static double chosen(double low, double high, int rank) {
    for (double usual : USUAL) {
      if (low < usual && usual < high) {
        return usual;
      }
    }
    for (double divisor : new double[] {rank, Math.sqrt(rank), 10, 100, 1_000}) {
      double alpha = Math.floor(low * divisor) + 1;
      if (alpha / divisor < high && alpha <= MOST_ALPHA) {
        return alpha / divisor;
      }
    }
    return (low + high) / 2;
  }
}
