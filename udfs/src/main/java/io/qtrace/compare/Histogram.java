package io.qtrace.compare;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Counts a tensor's finite elements in buckets of equal width between the least and the greatest,
 * as {@code numpy.histogram} counts float64: a bucket's upper edge belongs to the next one, except
 * in the last bucket. NaN and infinities are ignored. If all elements are equal, the buckets reach
 * from 0.5 below to 0.5 above them; if there are none, from 0 to 1.
 */
public final class Histogram {
  private double least = Double.POSITIVE_INFINITY;
  private double greatest = Double.NEGATIVE_INFINITY;

  private Histogram() {}

  /** One bucket. */
  public record Bucket(double lower, double upper, long count) {}

  /** Opens the elements, from the first on. */
  public interface Elements {
    ElementStream open() throws IOException;
  }

  /**
   * Reads the elements twice, for their range and to count them.
   *
   * @param buckets 1 or more
   * @return as many, ascending
   * @throws IOException naming the file, if it cannot be read or is damaged
   */
  public static List<Bucket> of(Elements elements, int buckets) throws IOException {
    Histogram range = new Histogram();
    double[] numbers = new double[ElementStream.READ_ELEMENTS];
    try (ElementStream stream = elements.open()) {
      for (int count = stream.read(numbers); count > 0; count = stream.read(numbers)) {
        range.add(numbers, count);
      }
    }
    double[] edges = range.edges(buckets);
    long[] counts = new long[buckets];
    try (ElementStream stream = elements.open()) {
      for (int count = stream.read(numbers); count > 0; count = stream.read(numbers)) {
        count(numbers, count, edges, counts);
      }
    }
    List<Bucket> found = new ArrayList<>();
    for (int i = 0; i < buckets; i++) {
      found.add(new Bucket(edges[i], edges[i + 1], counts[i]));
    }
    return found;
  }

  private void add(double[] numbers, int count) {
    for (int i = 0; i < count; i++) {
      if (Double.isFinite(numbers[i])) {
        least = Math.min(least, numbers[i]);
        greatest = Math.max(greatest, numbers[i]);
      }
    }
  }

  // As numpy.linspace rounds them; halves keep the width of the widest ranges finite.
  private double[] edges(int buckets) {
    double first = least > greatest ? 0 : least < greatest ? least : least - 0.5;
    double last = least > greatest ? 1 : least < greatest ? greatest : greatest + 0.5;
    double width = last - first;
    double step = Double.isInfinite(width) ? (last / 2 - first / 2) / buckets : width / buckets;
    double[] edges = new double[buckets + 1];
    for (int i = 0; i < buckets; i++) {
      edges[i] = Double.isInfinite(width) ? (first / 2 + i * step) * 2 : i * step + first;
    }
    edges[buckets] = last;
    return edges;
  }

  private static void count(double[] numbers, int count, double[] edges, long[] counts) {
    for (int i = 0; i < count; i++) {
      if (Double.isFinite(numbers[i])) {
        counts[bucket(numbers[i], edges)]++;
      }
    }
  }

  // The last bucket that does not begin above the number.
  private static int bucket(double number, double[] edges) {
    int low = 0;
    int high = edges.length - 2;
    while (low < high) {
      int middle = (low + high + 1) / 2;
      if (edges[middle] <= number) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low;
  }
}
