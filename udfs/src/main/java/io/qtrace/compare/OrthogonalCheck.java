package io.qtrace.compare;

import io.qtrace.lut.Scales;
import io.qtrace.tensor.DType;
import io.qtrace.tensor.TensorEntry;
import java.io.IOException;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Checks that the factors of a layer's scales are the directions of a singular value decomposition:
 * the columns of A, or the rows of B, are orthogonal, with any lengths. All elements of one that is
 * not are reported.
 *
 * @param factor A [out, rank] or B [rank, in]
 * @param part which of these
 */
public record OrthogonalCheck(TensorEntry factor, Part part) implements RowCheck {
  private static final double EXACT_TOLERANCE = 5e-4; // tolerance of a cosine, for float16 or wider
  private static final double NARROW_TOLERANCE = 4e-3;
  private static final long MOST_RANKS = 256; // the work grows with the square

  /** What is checked. */
  public enum Part {
    A,
    B
  }

  @Override
  public TensorEntry target() {
    return factor;
  }

  @Override
  public Stream<TensorEntry> tensors() {
    return Stream.of(factor);
  }

  @Override
  public Optional<String> obstacle() {
    boolean fits =
        factor.shape().rank() == 2
            && factor.elements() > 0
            && factor.elements() <= QuantizedLayer.MAX_SCALES
            && ranks() <= MOST_RANKS;
    return fits ? Optional.empty() : RowCheck.unfit(tensors());
  }

  private int columns() {
    return (int) RowCheck.columns(factor);
  }

  private long ranks() {
    return part == Part.A ? RowCheck.columns(factor) : RowCheck.rows(factor);
  }

  @Override
  public CheckResult run(LayerRows rows, long from, long to) throws IOException {
    float[] values = rows.whole(factor);
    int ranks = (int) ranks();
    boolean[] off = off(cosines(values, ranks));
    CheckAccumulator found = new CheckAccumulator();
    int columns = columns();
    for (long row = from; row < to; row++) {
      for (int column = 0; column < columns; column++) {
        if (off[part == Part.A ? column : (int) row]) {
          long index = row * columns + column;
          found.other(index, values[(int) index], Double.NaN);
        }
      }
    }
    return found.result();
  }

  private double[][] cosines(float[] values, int ranks) {
    float[][] directions = directions(values, ranks);
    double[][] cosines = new double[ranks][ranks];
    for (int i = 0; i < ranks; i++) {
      for (int j = 0; j <= i; j++) {
        cosines[i][j] = product(directions[i], directions[j]);
      }
    }
    double[] norms = new double[ranks];
    for (int i = 0; i < ranks; i++) {
      norms[i] = Math.max(Math.sqrt(cosines[i][i]), Scales.EPSILON);
    }
    for (int i = 0; i < ranks; i++) {
      for (int j = 0; j < i; j++) {
        cosines[i][j] = Math.abs(cosines[i][j]) / norms[i] / norms[j];
        cosines[j][i] = cosines[i][j];
      }
      cosines[i][i] = 0;
    }
    return cosines;
  }

  private float[][] directions(float[] values, int ranks) {
    float[][] directions = new float[ranks][values.length / ranks];
    for (int at = 0; at < values.length; at++) {
      int column = at % columns();
      int row = at / columns();
      directions[part == Part.A ? column : row][part == Part.A ? row : column] = values[at];
    }
    return directions;
  }

  private static double product(float[] left, float[] right) {
    double sum = 0;
    for (int k = 0; k < left.length; k++) {
      sum += (double) left[k] * right[k];
    }
    return sum;
  }

  // The fewest without which all others are at right angles: the one that leans the most on others
  // first.
  private boolean[] off(double[][] cosines) {
    double tolerance =
        factor.dtype() == DType.FLOAT16 || factor.dtype().bytes() > Short.BYTES
            ? EXACT_TOLERANCE
            : NARROW_TOLERANCE;
    boolean[] off = new boolean[cosines.length];
    while (true) {
      int worst = -1;
      double most = 0;
      for (int i = 0; i < off.length; i++) {
        double sum = 0;
        boolean leans = false;
        for (int j = 0; j < off.length && !off[i]; j++) {
          if (!off[j]) {
            sum += cosines[i][j] * cosines[i][j];
            leans |= cosines[i][j] > tolerance;
          }
        }
        if (leans && sum > most) {
          worst = i;
          most = sum;
        }
      }
      if (worst < 0) {
        return off;
      }
      off[worst] = true;
    }
  }
}
