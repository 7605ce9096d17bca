package io.qtrace.compare;

import io.qtrace.kernel.MismatchAccumulator;
import io.qtrace.kernel.Mismatches;
import io.qtrace.tensor.TensorEntry;
import java.io.IOException;

/**
 * Checks a matrix against another one of which each row and each column was multiplied by a factor
 * of its own: the ratios of their elements are a matrix of rank 1.
 */
public final class RescaledCheck {
  private static final double TOLERANCE = 0x1p-16; // of a product of ratios, relative

  private final LayerRows reader;

  public RescaledCheck(LayerRows reader) {
    this.reader = reader;
  }

  /**
   * Elements whose ratio the factors of their row and column do not give.
   *
   * @param rescaled [rows, columns]
   * @param original [rows, columns]
   * @param from first row
   * @param to row after the last
   */
  public Mismatches run(TensorEntry rescaled, TensorEntry original, long from, long to)
      throws IOException {
    MismatchAccumulator found = new MismatchAccumulator();
    double[] first = ratios(rescaled, original);
    try (LayerRows.Rows after = reader.rows(rescaled, from, to);
        LayerRows.Rows before = reader.rows(original, from, to)) {
      for (long row = from; row < to; row++) {
        float[] stored = after.next();
        float[] exact = before.next();
        double factor = factor(stored, exact, first);
        for (int i = 0; i < stored.length; i++) {
          double expected = exact[i] * factor * first[i];
          boolean same =
              Double.isNaN(expected)
                  || Math.abs(stored[i] - expected)
                      <= TOLERANCE * Math.abs(expected) + Float.MIN_NORMAL;
          if (!same) {
            found.add(row * stored.length + i, stored[i], expected);
          }
        }
      }
    }
    return found.partial();
  }

  // Of the first row; NaN where it says nothing.
  private double[] ratios(TensorEntry rescaled, TensorEntry original) throws IOException {
    try (LayerRows.Rows after = reader.rows(rescaled, 0, 1);
        LayerRows.Rows before = reader.rows(original, 0, 1)) {
      float[] stored = after.next();
      float[] exact = before.next();
      double[] ratios = new double[stored.length];
      for (int i = 0; i < ratios.length; i++) {
        ratios[i] = exact[i] == 0 ? Double.NaN : (double) stored[i] / exact[i];
      }
      return ratios;
    }
  }

  // Of a row to the first one, from the largest element that gives it.
  private static double factor(float[] stored, float[] exact, double[] first) {
    double factor = Double.NaN;
    float largest = 0;
    for (int i = 0; i < stored.length; i++) {
      if (Math.abs(exact[i]) > largest && first[i] != 0 && !Double.isNaN(first[i])) {
        largest = Math.abs(exact[i]);
        factor = stored[i] / (exact[i] * first[i]);
      }
    }
    return factor;
  }
}
