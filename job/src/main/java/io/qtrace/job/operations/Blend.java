package io.qtrace.job.operations;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.ArrayRealVector;
import org.apache.commons.math3.linear.SingularValueDecomposition;

/**
 * Non-negative weights with sum 1 for which a weighted sum of columns of numbers gives another
 * column. A few rows that do not fit, such as those of damaged tensors, do not affect them.
 */
public final class Blend {
  private static final int ROUNDS = 12; // rounds of reweighted least squares
  private static final int STEPS = 3; // of a column
  private static final double LEAST_WEIGHT = 1e-12; // smallest weight that is not zero
  private static final double TOLERANCE = 1e-15; // of squares, relative

  private final List<double[]> rows;
  private final double close;

  /**
   * @param rows the columns' numbers minus that of the target, [columns] each
   * @param close error up to which a row has full weight; the larger its error, the less it counts
   */
  public Blend(List<double[]> rows, double close) {
    this.rows = rows;
    this.close = close;
  }

  /** The weights of the columns [columns], 0 for those not {@code used}. */
  public double[] weights(boolean[] used) {
    double[] emphasis = new double[rows.size()];
    Arrays.fill(emphasis, 1);
    double[] weights = solve(used, emphasis);
    for (int round = 1; round < ROUNDS; round++) {
      for (int i = 0; i < emphasis.length; i++) {
        emphasis[i] = Math.min(1, close / Math.abs(residual(rows.get(i), weights)));
      }
      weights = solve(used, emphasis);
    }
    return weights;
  }

  /** The error of a row for given weights. */
  public static double residual(double[] row, double[] weights) {
    double sum = 0;
    for (int i = 0; i < row.length; i++) {
      sum += weights[i] * row[i];
    }
    return sum;
  }

  // Least squares by the active set method of Lawson and Hanson: columns are added while they make
  // the sum of squares less, and removed where their weights would be negative.
  private double[] solve(boolean[] used, double[] emphasis) {
    double[][] products = products(emphasis, used.length);
    boolean[] active = new boolean[used.length];
    double[] weights = new double[used.length];
    int first = first(products, used);
    active[first] = true;
    weights[first] = 1;
    for (int step = 0; step < STEPS * used.length; step++) {
      int next = next(products, weights, used, active);
      if (next < 0) {
        break;
      }
      active[next] = true;
      weights = feasible(products, weights, active);
    }
    return weights;
  }

  private static int first(double[][] products, boolean[] used) {
    return IntStream.range(0, used.length)
        .filter(i -> used[i])
        .boxed()
        .min(Comparator.comparingDouble(i -> products[i][i]))
        .orElseThrow();
  }

  // The column along which the sum of squares falls fastest; -1 if there is none.
  private static int next(double[][] products, double[] weights, boolean[] used, boolean[] active) {
    double[] slopes = new double[weights.length];
    double now = 0;
    double largest = 0;
    for (int i = 0; i < weights.length; i++) {
      slopes[i] = residual(products[i], weights);
      now += weights[i] * slopes[i];
      largest = Math.max(largest, products[i][i]);
    }
    int next = -1;
    for (int i = 0; i < weights.length; i++) {
      boolean better = slopes[i] < now - TOLERANCE * largest;
      if (used[i] && !active[i] && better && (next < 0 || slopes[i] < slopes[next])) {
        next = i;
      }
    }
    return next;
  }

  // From non-negative weights to the best non-negative ones of the active columns.
  private static double[] feasible(double[][] products, double[] from, boolean[] active) {
    double[] weights = from;
    while (true) {
      double[] best = solve(products, active);
      double way = 1;
      for (int i = 0; i < best.length; i++) {
        if (active[i] && best[i] < 0) {
          way = Math.min(way, weights[i] / (weights[i] - best[i]));
        }
      }
      double[] moved = new double[best.length];
      for (int i = 0; i < best.length; i++) {
        moved[i] = weights[i] + way * (best[i] - weights[i]);
        if (active[i] && moved[i] <= LEAST_WEIGHT && best[i] < 0) {
          active[i] = false;
          moved[i] = 0;
        }
      }
      weights = moved;
      if (way >= 1) {
        return weights;
      }
    }
  }

  private double[][] products(double[] emphasis, int columns) {
    double[][] products = new double[columns][columns];
    for (int row = 0; row < emphasis.length; row++) {
      double[] numbers = rows.get(row);
      for (int i = 0; i < columns; i++) {
        for (int j = 0; j <= i; j++) {
          products[i][j] += emphasis[row] * numbers[i] * numbers[j];
        }
      }
    }
    for (int i = 0; i < columns; i++) {
      for (int j = 0; j < i; j++) {
        products[j][i] = products[i][j];
      }
    }
    return products;
  }

  // The weights with sum 1 that minimize the quadratic form: the first follows from the others.
  private static double[] solve(double[][] products, boolean[] left) {
    int[] columns = IntStream.range(0, left.length).filter(i -> left[i]).toArray();
    double[] weights = new double[left.length];
    int first = columns[0];
    int others = columns.length - 1;
    weights[first] = 1;
    if (others == 0) {
      return weights;
    }
    double[][] system = new double[others][others];
    double[] target = new double[others];
    for (int i = 0; i < others; i++) {
      int row = columns[i + 1];
      target[i] = products[first][first] - products[first][row];
      for (int j = 0; j < others; j++) {
        int column = columns[j + 1];
        system[i][j] =
            products[row][column]
                - products[first][column]
                - products[row][first]
                + products[first][first];
      }
    }
    double[] solved =
        new SingularValueDecomposition(new Array2DRowRealMatrix(system, false))
            .getSolver()
            .solve(new ArrayRealVector(target, false))
            .toArray();
    for (int i = 0; i < others; i++) {
      weights[columns[i + 1]] = solved[i];
      weights[first] -= solved[i];
    }
    return weights;
  }
}
