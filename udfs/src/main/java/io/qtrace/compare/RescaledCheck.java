package io.qtrace.compare;

import io.qtrace.tensor.DType;
import io.qtrace.tensor.TensorEntry;
import java.io.IOException;
import java.io.Serializable;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Checks a tensor of which each column, and each row where its rows are free, was multiplied by a
 * factor: that of another tensor, or one that undoes it. Factors are medians of a few ratios, so
 * that a damaged element does not move them.
 *
 * @param tensor [rows, columns], or a vector, which is one row
 * @param factors of its columns
 * @param freeRows whether each row was multiplied by a factor of its own as well
 */
public record RescaledCheck(Pair tensor, Factors factors, boolean freeRows) implements RowCheck {
  private static final int SAMPLED = 15; // rows that a column's factor is taken from
  private static final int ROUNDINGS = 16; // roundings in a product of factors

  /** A tensor after and before. */
  public record Pair(TensorEntry after, TensorEntry before) implements Serializable {
    boolean fits() {
      return after.shape().equals(before.shape())
          && after.elements() > 0
          && Stream.of(after, before).allMatch(one -> one.dtype().isFloat())
          && columns() <= QuantizedLayer.MAX_ROW;
    }

    // A vector is one row.
    Pair matrix() {
      return new Pair(RowCheck.matrix(after), RowCheck.matrix(before));
    }

    long rows() {
      return RowCheck.rows(after);
    }

    long columns() {
      return RowCheck.columns(after);
    }
  }

  /**
   * Where factors of columns come from.
   *
   * @param columns the tensor whose columns were multiplied
   * @param rows the tensor whose rows were multiplied too, and whose factors of rows are meant;
   *     empty for those of the columns
   * @param undone whether the factors are 1 over those
   */
  public record Factors(Pair columns, Optional<Pair> rows, boolean undone)
      implements Serializable {}

  @Override
  public TensorEntry target() {
    return RowCheck.matrix(tensor.after());
  }

  @Override
  public Stream<TensorEntry> tensors() {
    return pairs().flatMap(pair -> Stream.of(pair.after(), pair.before()));
  }

  private Stream<Pair> pairs() {
    return Stream.concat(Stream.of(tensor, factors.columns()), factors.rows().stream());
  }

  @Override
  public Optional<String> obstacle() {
    long given = factors.rows().map(Pair::rows).orElseGet(() -> factors.columns().columns());
    boolean fits =
        pairs().allMatch(Pair::fits)
            && factors.rows().stream()
                .allMatch(rows -> rows.columns() == factors.columns().columns())
            && tensor.columns() % given == 0;
    return fits ? Optional.empty() : RowCheck.unfit(tensors());
  }

  @Override
  public CheckResult run(LayerRows reader, long from, long to) throws IOException {
    Pair matrix = tensor.matrix();
    DType dtype = matrix.after().dtype();
    double[] columns = spread(given(reader), matrix, reader);
    CheckAccumulator found = new CheckAccumulator();
    try (LayerRows.Rows after = reader.rows(matrix.after(), from, to);
        LayerRows.Rows before = reader.rows(matrix.before(), from, to)) {
      for (long row = from; row < to; row++) {
        float[] stored = after.next();
        float[] exact = before.next();
        double factor = freeRows ? row(stored, exact, columns) : 1;
        for (int i = 0; i < stored.length; i++) {
          double expected = exact[i] * factor * columns[i];
          double off = Math.abs(stored[i] - expected);
          if (off <= ROUNDINGS * Ulps.of(dtype, expected)) {
            found.within(off / Ulps.of(dtype, expected));
          } else if (!Double.isNaN(expected)) {
            found.other(row * stored.length + i, stored[i], expected);
          }
        }
      }
    }
    return found.result();
  }

  private double[] given(LayerRows reader) throws IOException {
    double[] given = columns(factors.columns().matrix(), reader);
    if (factors.rows().isPresent()) {
      given = rows(factors.rows().get().matrix(), given, reader);
    }
    return factors.undone() ? Arrays.stream(given).map(factor -> 1 / factor).toArray() : given;
  }

  // NaN where all sampled elements are zero.
  private static double[] columns(Pair pair, LayerRows reader) throws IOException {
    int columns = (int) pair.columns();
    int samples = (int) Math.min(SAMPLED, pair.rows());
    double[][] ratios = new double[columns][samples];
    for (int sample = 0; sample < samples; sample++) {
      long row = sample * pair.rows() / samples;
      try (LayerRows.Rows after = reader.rows(pair.after(), row, row + 1);
          LayerRows.Rows before = reader.rows(pair.before(), row, row + 1)) {
        float[] stored = after.next();
        float[] exact = before.next();
        for (int i = 0; i < columns; i++) {
          ratios[i][sample] = exact[i] == 0 ? Double.NaN : (double) stored[i] / exact[i];
        }
      }
    }
    return Arrays.stream(ratios).mapToDouble(RescaledCheck::median).toArray();
  }

  private static double[] rows(Pair pair, double[] columns, LayerRows reader) throws IOException {
    double[] factors = new double[(int) pair.rows()];
    try (LayerRows.Rows after = reader.rows(pair.after(), 0, pair.rows());
        LayerRows.Rows before = reader.rows(pair.before(), 0, pair.rows())) {
      for (int row = 0; row < factors.length; row++) {
        factors[row] = row(after.next(), before.next(), columns);
      }
    }
    return factors;
  }

  private static double row(float[] stored, float[] exact, double[] columns) {
    double[] ratios = new double[stored.length];
    for (int i = 0; i < ratios.length; i++) {
      ratios[i] = exact[i] == 0 ? Double.NaN : stored[i] / (exact[i] * columns[i]);
    }
    return median(ratios);
  }

  // NaN where there is none.
  private static double median(double[] numbers) {
    double[] sorted = Arrays.stream(numbers).filter(one -> !Double.isNaN(one)).sorted().toArray();
    return sorted.length == 0 ? Double.NaN : sorted[sorted.length / 2];
  }

  // Heads that share keys and values repeat their factors, head by head: the head size is the one
  // that fits the first row best.
  private static double[] spread(double[] factors, Pair tensor, LayerRows reader)
      throws IOException {
    int columns = (int) tensor.columns();
    if (factors.length == columns) {
      return factors;
    }
    int copies = columns / factors.length;
    float[] stored;
    float[] exact;
    try (LayerRows.Rows after = reader.rows(tensor.after(), 0, 1);
        LayerRows.Rows before = reader.rows(tensor.before(), 0, 1)) {
      stored = after.next();
      exact = before.next();
    }
    double[] best = factors;
    double least = Double.POSITIVE_INFINITY;
    for (int head = 1; head <= factors.length; head++) {
      if (factors.length % head == 0) {
        double[] spread = new double[columns];
        double off = 0;
        for (int i = 0; i < columns; i++) {
          spread[i] = factors[i / (head * copies) * head + i % head];
          off += Math.abs(stored[i] - exact[i] * spread[i]);
        }
        if (off < least) {
          least = off;
          best = spread;
        }
      }
    }
    return best;
  }
}
