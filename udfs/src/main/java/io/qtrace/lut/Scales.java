package io.qtrace.lut;

import io.qtrace.tensor.Float16;

/**
 * A layer's scale matrix S = (A_dir g) B_dir, [out, in], one row at a time, with the float32 bits
 * of PyTorch on the CPU: its order of summing squares, and a product that adds the ranks one by one
 * with fused multiply-adds.
 */
public final class Scales {
  /** Least norm of a direction, and what training adds to magnitudes. */
  public static final float EPSILON = 1e-6f;

  private static final int LANES = 8;

  private final float[] left; // A_dir g, [out, rank]
  private final float[] right; // B_dir, [rank, in]
  private final int rank;

  private Scales(float[] left, float[] right, int rank) {
    this.left = left;
    this.right = right;
    this.rank = rank;
  }

  /** How a tool of the recipe makes S of the stored factors. */
  public enum Form {
    /** As training and most tools do: directions, g = magnitude + 1e-6. */
    TRAINED,
    /** As the first quantization and the Hugging Face export do: directions, g = magnitude. */
    INITIAL,
    /** As the trainer does where it freezes {@code _Q}: directions, g = half(magnitude + 1e-6). */
    FROZEN,
    /** As the choice of LUTs does: the factors as they are stored, not normalized. */
    STORED;

    /** S in this form; parameters as those of {@link Scales#trained}. */
    public Scales of(float[] a, float[] b, float[] magnitude) {
      return switch (this) {
        case TRAINED -> trained(a, b, magnitude);
        case INITIAL -> directions(a, b, magnitude, 0);
        case FROZEN -> directions(a, b, halves(magnitude), 0);
        case STORED -> baked(a, b, magnitude);
      };
    }
  }

  /**
   * Scales as trained: g = magnitude + 1e-6, each column of a and each row of b divided by its
   * norm.
   *
   * @param a {@code scale_A} [out, rank], in C order
   * @param b {@code scale_B} [rank, in], in C order
   * @param magnitude {@code rank_magnitude} [rank]
   * @throws IllegalArgumentException if a size is 0 or no multiple of the rank
   */
  public static Scales trained(float[] a, float[] b, float[] magnitude) {
    return directions(a, b, magnitude, EPSILON);
  }

  private static float[] halves(float[] magnitude) {
    float[] halves = new float[magnitude.length];
    for (int k = 0; k < halves.length; k++) {
      halves[k] = Float16.round(magnitude[k] + EPSILON);
    }
    return halves;
  }

  private static Scales directions(float[] a, float[] b, float[] magnitude, float epsilon) {
    checkSizes(a, b, magnitude);
    int rank = magnitude.length;
    float[] norms = columnNorms(a, rank);
    float[] left = new float[a.length];
    for (int i = 0; i < a.length; i++) {
      int k = i % rank;
      left[i] = a[i] / norms[k] * (magnitude[k] + epsilon);
    }
    int in = b.length / rank;
    float[] right = new float[b.length];
    for (int k = 0; k < rank; k++) {
      float norm = rowNorm(b, k * in, in);
      for (int i = k * in; i < (k + 1) * in; i++) {
        right[i] = b[i] / norm;
      }
    }
    return new Scales(left, right, rank);
  }

  /**
   * Scales of a layer whose {@linkplain LayerNames#bakedFlag baked flag} is 1: the factors as they
   * are stored.
   */
  public static Scales baked(float[] a, float[] b, float[] magnitude) {
    checkSizes(a, b, magnitude);
    float[] left = new float[a.length];
    for (int i = 0; i < a.length; i++) {
      left[i] = a[i] * magnitude[i % magnitude.length];
    }
    return new Scales(left, b.clone(), magnitude.length);
  }

  /** Rows of S. */
  public int out() {
    return left.length / rank;
  }

  /** Columns of S. */
  public int in() {
    return right.length / rank;
  }

  /** Row o of S, a new array [in]. */
  public float[] row(int o) {
    int in = in();
    float[] row = new float[in];
    for (int k = 0; k < rank; k++) {
      float factor = left[o * rank + k];
      for (int i = 0; i < in; i++) {
        row[i] = Math.fma(factor, right[k * in + i], row[i]);
      }
    }
    return row;
  }

  /**
   * How far another order of adding may move a float32 sum of n numbers, in units of 2^-24 of the
   * sum of their magnitudes: 2 sqrt(n) + 2, since rounding errors add like a random walk.
   */
  public static double unitsOfSum(long n) {
    return 2 * Math.sqrt((double) n) + 2;
  }

  /**
   * How far another order of adding, of ranks and of squares, may move row o: a new array [in] of
   * absolute distances.
   */
  public float[] uncertainty(int o) {
    int in = in();
    float[] sums = new float[in];
    for (int k = 0; k < rank; k++) {
      float factor = Math.abs(left[o * rank + k]);
      for (int i = 0; i < in; i++) {
        sums[i] = Math.fma(factor, Math.abs(right[k * in + i]), sums[i]);
      }
    }
    double units = unitsOfSum(rank) + unitsOfSum(in) + unitsOfSum(out());
    float share = (float) (units * 0x1p-24);
    for (int i = 0; i < in; i++) {
      sums[i] *= share;
    }
    return sums;
  }

  private static float[] columnNorms(float[] a, int rank) {
    float[] norms = new float[rank];
    for (int i = 0; i < a.length; i++) {
      norms[i % rank] += a[i] * a[i];
    }
    for (int k = 0; k < rank; k++) {
      norms[k] = norm(norms[k]);
    }
    return norms;
  }

  /**
   * Exact where in is a multiple of 8, as layers are; else PyTorch may fuse the last few squares.
   */
  private static float rowNorm(float[] b, int from, int in) {
    float[] lanes = new float[LANES];
    int whole = in - in % LANES;
    for (int i = 0; i < whole; i++) {
      lanes[i % LANES] += b[from + i] * b[from + i];
    }
    float sum = 0;
    for (float lane : lanes) {
      sum += lane;
    }
    for (int i = whole; i < in; i++) {
      sum += b[from + i] * b[from + i];
    }
    return norm(sum);
  }

  private static float norm(float sumOfSquares) {
    return Math.max((float) Math.sqrt(sumOfSquares), EPSILON);
  }

  private static void checkSizes(float[] a, float[] b, float[] magnitude) {
    int rank = magnitude.length;
    if (rank == 0 || a.length == 0 || b.length == 0 || a.length % rank + b.length % rank != 0) {
      throw new IllegalArgumentException(
          "Invalid scales: %d and %d values, expected multiples of the rank %d"
              .formatted(a.length, b.length, rank));
    }
  }
}
