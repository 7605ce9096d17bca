package io.qtrace.compare;

import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.arrow.ReadOptions;
import io.qtrace.compare.RescaledCheck.Factors;
import io.qtrace.compare.RescaledCheck.Pair;
import io.qtrace.io.LocalFiles;
import io.qtrace.kernel.Mismatches;
import io.qtrace.tensor.DType;
import io.qtrace.tensor.Float16;
import io.qtrace.tensor.Shape;
import io.qtrace.tensor.TensorEntry;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Random;
import java.util.function.Function;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What tools make of tensors is recomputed, and one other element is found at its index. */
class TestRowChecks {
  private static final int OUT = 12;
  private static final int IN = 8;
  private static final int RANK = 2;

  @TempDir Path folder;
  private final Random random = new Random(17);
  private int files;

  private double[] numbers(int count) {
    return random
        .doubles(count, 0.25, 1)
        .map(x -> (float) (random.nextBoolean() ? x : -x))
        .toArray();
  }

  private TensorEntry write(DType dtype, Shape shape, double... numbers) throws IOException {
    return RawTensors.write(folder.resolve("tensor" + files++), dtype, shape, numbers);
  }

  private TensorEntry matrix(int rows, int columns, double[] numbers) throws IOException {
    return write(DType.FLOAT32, Shape.of(rows, columns), numbers);
  }

  // In parts of a few rows.
  private static CheckResult run(RowCheck check) throws IOException {
    assertThat(check.obstacle()).isEmpty();
    Mismatches others = Mismatches.NONE;
    Ulps rounded = Ulps.NONE;
    long rows = check.target().shape().sizes().get(0);
    try (LayerRows reader = new LayerRows(LocalFiles.STORE, 1 << 20, ReadOptions.LOCAL_DISK)) {
      for (long from = 0; from < rows; from += 5) {
        CheckResult part = check.run(reader, from, Math.min(from + 5, rows));
        others = others.merge(part.others());
        rounded = rounded.merge(part.rounded());
      }
    }
    return new CheckResult(others, rounded);
  }

  /** Makes a check of a tensor's numbers. */
  private interface Made {
    RowCheck of(double[] numbers) throws IOException;
  }

  private void assertFindsOne(double[] numbers, Made check) throws IOException {
    assertThat(run(check.of(numbers)).others()).isEqualTo(Mismatches.NONE);
    for (int i = 0; i < 5; i++) {
      double[] other = numbers.clone();
      int at = random.nextInt(other.length);
      other[at] = -other[at];
      Mismatches found = run(check.of(other)).others();
      assertThat(found.count()).isEqualTo(1);
      assertThat(found.first()).isEqualTo(at);
    }
  }

  private static double[] map(int rows, int columns, Function<int[], Double> of) {
    double[] numbers = new double[rows * columns];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = of.apply(new int[] {i / columns, i % columns}).floatValue();
    }
    return numbers;
  }

  @Test
  void beginnings() throws IOException {
    double[] before = numbers(OUT * RANK);
    double[] after = map(OUT, RANK, at -> before[at[0] * RANK + at[1]]);
    assertFindsOne(
        after, numbers -> new PrefixCheck(matrix(OUT, RANK, numbers), matrix(OUT, RANK, before)));
    double[] longer =
        map(
            OUT + 1,
            RANK + 1,
            at -> at[0] < OUT && at[1] < RANK ? before[at[0] * RANK + at[1]] : 9);
    RowCheck check = new PrefixCheck(matrix(OUT + 1, RANK + 1, longer), matrix(OUT, RANK, before));
    assertThat(run(check).others()).isEqualTo(Mismatches.NONE);
  }

  @Test
  void directionsAtRightAngles() throws IOException {
    double[] a = {1, 2, 2, -1, 2, -1, -1, -2}; // columns at right angles, of any length
    assertThat(leaning(DType.FLOAT32, 4, 2, OrthogonalCheck.Part.A, a)).isEqualTo(Mismatches.NONE);
    double[] b = {1, 1, 1, 1, 1, -1, 1, -1, 1, 1, -1, -1};
    assertThat(leaning(DType.FLOAT32, 3, 4, OrthogonalCheck.Part.B, b)).isEqualTo(Mismatches.NONE);
    b[5] = -1.01; // the second row leans on both others
    Mismatches row = leaning(DType.FLOAT32, 3, 4, OrthogonalCheck.Part.B, b);
    assertThat(row.count()).isEqualTo(4);
    assertThat(row.first()).isEqualTo(4);
    b[5] = -1.001;
    assertThat(leaning(DType.BFLOAT16, 3, 4, OrthogonalCheck.Part.B, b)).isEqualTo(Mismatches.NONE);
    double[] wide = {1, 0, 0, 0, 1, 0.01, 0, 0, 1};
    Mismatches column = leaning(DType.FLOAT32, 3, 3, OrthogonalCheck.Part.A, wide);
    assertThat(column.count()).isEqualTo(3);
    assertThat(column.first()).isEqualTo(1);
  }

  private Mismatches leaning(
      DType dtype, int rows, int columns, OrthogonalCheck.Part part, double... numbers)
      throws IOException {
    return run(new OrthogonalCheck(write(dtype, Shape.of(rows, columns), numbers), part)).others();
  }

  // Tools divide by no less than 1e-6, as of a rank that the decomposition did not need.
  @Test
  void directionsOfARankThatIsMissing() throws IOException {
    TensorEntry left = matrix(2, 1, new double[] {3e-8, 4e-8});
    TensorEntry right = matrix(1, 2, new double[] {0.6, 0.8});
    for (double norm : new double[] {5e-8, 1e-6}) {
      assertThat(
              run(new DirectionsCheck(
                      matrix(2, 1, new double[] {3e-8 / norm, 4e-8 / norm}),
                      DirectionsCheck.Part.A,
                      left,
                      right,
                      2))
                  .others())
          .isEqualTo(Mismatches.NONE);
      assertThat(
              run(new DirectionsCheck(
                      matrix(1, 1, new double[] {norm}),
                      DirectionsCheck.Part.MAGNITUDE,
                      left,
                      right,
                      2))
                  .others())
          .isEqualTo(Mismatches.NONE);
    }
  }

  @Test
  void directionsAndMagnitudes() throws IOException {
    double[] a = numbers(OUT * RANK);
    double[] b = numbers(RANK * (IN + 3));
    double[] ofA = new double[RANK];
    double[] ofB = new double[RANK];
    for (int k = 0; k < RANK; k++) {
      for (int i = 0; i < OUT; i++) {
        ofA[k] = Math.hypot(ofA[k], a[i * RANK + k]);
      }
      for (int i = 0; i < IN; i++) {
        ofB[k] = Math.hypot(ofB[k], b[k * (IN + 3) + i]);
      }
    }
    TensorEntry left = matrix(OUT, RANK, a);
    TensorEntry right = matrix(RANK, IN + 3, b);
    assertFindsOne(
        map(OUT, RANK, at -> a[at[0] * RANK + at[1]] / ofA[at[1]]),
        numbers ->
            new DirectionsCheck(
                matrix(OUT, RANK, numbers), DirectionsCheck.Part.A, left, right, IN));
    assertFindsOne(
        map(RANK, IN, at -> b[at[0] * (IN + 3) + at[1]] / ofB[at[0]]),
        numbers ->
            new DirectionsCheck(
                matrix(RANK, IN, numbers), DirectionsCheck.Part.B, left, right, IN));
    assertFindsOne(
        map(1, RANK, at -> ofA[at[1]] * ofB[at[1]]),
        numbers ->
            new DirectionsCheck(
                write(DType.FLOAT32, Shape.of(RANK), numbers),
                DirectionsCheck.Part.MAGNITUDE,
                left,
                right,
                IN));
    double[] magnitude = {1.5, 0.75};
    assertFindsOne(
        map(
            OUT,
            RANK,
            at ->
                (double)
                    half(
                        half(a[at[0] * RANK + at[1]] / ofA[at[1]])
                            * half(magnitude[at[1]] + 1e-6))),
        numbers ->
            new FoldedFactorsCheck(
                write(DType.FLOAT16, Shape.of(OUT, RANK), numbers),
                left,
                Optional.of(write(DType.FLOAT32, Shape.of(RANK), magnitude))));
  }

  private static float half(double value) {
    return Float16.value(Float16.bits((float) value));
  }

  @Test
  void learnedLevels() throws IOException {
    double[] weight = numbers(OUT * IN);
    LearnedLevelsCheck.Levels levels = LearnedLevelsCheck.Levels.of(0.3f, 1, 2, 2);
    assertThat(levels.scale()).isCloseTo((float) (Math.log1p(Math.exp(0.3)) / 2), within(1e-6f));
    double[] level =
        map(
            OUT,
            IN,
            at ->
                (Math.max(
                            -1,
                            Math.min(
                                2, Math.rint(weight[at[0] * IN + at[1]] / levels.scale() + 0.5)))
                        - 0.5)
                    * levels.scale());
    assertFindsOne(
        level,
        numbers ->
            new LearnedLevelsCheck(matrix(OUT, IN, numbers), matrix(OUT, IN, weight), levels));
  }

  private static Offset<Float> within(float offset) {
    return Offset.offset(offset);
  }

  @Test
  void uniformLevels() throws IOException {
    double[] table = {-1, -0.5, 0.25, 1};
    double[] weight = numbers(OUT * IN);
    double[] ones = map(OUT, 1, at -> 1.0);
    double[] scales = map(1, IN, at -> 0.5 + 0.125 * at[1]);
    double[] level =
        map(
            OUT,
            IN,
            at -> {
              double quotient = weight[at[0] * IN + at[1]] / scales[at[1]];
              double clamped = Math.max(-1, Math.min(1, quotient));
              return table[(int) Math.rint((clamped + 1) * 3 / 2)];
            });
    double[] numbers = level.clone();
    RowCheck check = levels(numbers, weight, ones, scales, table);
    assertThat(run(check).others()).isEqualTo(Mismatches.NONE);
    numbers[13] = level[13] == 1 ? -1 : 1;
    Mismatches found = run(levels(numbers, weight, ones, scales, table)).others();
    assertThat(found).isEqualTo(new Mismatches(1, 13, numbers[13], level[13]));
  }

  private RowCheck levels(double[] level, double[] weight, double[] a, double[] b, double[] table)
      throws IOException {
    return new UniformLevelsCheck(
        matrix(OUT, IN, level),
        matrix(OUT, IN, weight),
        matrix(OUT, 1, a),
        matrix(1, IN, b),
        write(DType.FLOAT32, Shape.of(table.length), table));
  }

  // Two heads of keys and values, each shared by two heads of queries.
  @Test
  void factorsThatPartnersUndo() throws IOException {
    int values = 4;
    int queries = 8;
    double[] columns = map(1, IN, at -> 0.5 + 0.25 * at[1]);
    double[] rows = map(1, values, at -> 2 - 0.375 * at[1]);
    Pair query = scaled(queries, IN, at -> columns[at[1]]);
    Pair value = scaled(values, IN, at -> columns[at[1]] * rows[at[0]]);
    Factors ofQuery = new Factors(query, Optional.empty(), false);
    double[] norm = numbers(IN);
    TensorEntry before = write(DType.FLOAT32, Shape.of(IN), norm);
    assertFindsOne(
        map(1, IN, at -> norm[at[1]] / columns[at[1]]),
        numbers ->
            new RescaledCheck(
                new Pair(write(DType.FLOAT32, Shape.of(IN), numbers), before),
                new Factors(query, Optional.empty(), true),
                false));
    assertThat(run(new RescaledCheck(value, ofQuery, true)).others()).isEqualTo(Mismatches.NONE);
    double[] output = numbers(OUT * queries);
    assertFindsOne(
        map(OUT, queries, at -> output[at[0] * queries + at[1]] / rows[at[1] / 4 * 2 + at[1] % 2]),
        numbers ->
            new RescaledCheck(
                new Pair(matrix(OUT, queries, numbers), matrix(OUT, queries, output)),
                new Factors(query, Optional.of(value), true),
                false));
  }

  private Pair scaled(int rows, int columns, Function<int[], Double> factor) throws IOException {
    double[] before = numbers(rows * columns);
    double[] after = map(rows, columns, at -> before[at[0] * columns + at[1]] * factor.apply(at));
    return new Pair(matrix(rows, columns, after), matrix(rows, columns, before));
  }
}
