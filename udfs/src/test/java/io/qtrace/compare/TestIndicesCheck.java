package io.qtrace.compare;

import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.arrow.ReadOptions;
import io.qtrace.compare.QuantizedLayer.Factors;
import io.qtrace.compare.QuantizedLayer.Source;
import io.qtrace.io.LocalFiles;
import io.qtrace.kernel.Mismatches;
import io.qtrace.kernel.Rounding;
import io.qtrace.lut.Lut;
import io.qtrace.lut.Requantize;
import io.qtrace.lut.Scales;
import io.qtrace.tensor.DType;
import io.qtrace.tensor.Shape;
import io.qtrace.tensor.TensorEntry;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TestIndicesCheck {
  private static final double[] LUT = {-2, -1, -0.5, -0.25, 0.25, 0.5, 1, 2};
  private static final int OUT = 45;
  private static final int IN = 24;
  private static final int RANK = 3;

  @TempDir Path folder;
  private final double[] a = numbers(1, OUT * RANK);
  private final double[] b = numbers(2, RANK * IN);
  private final double[] magnitude = numbers(3, RANK);
  private final double[] weight = numbers(4, OUT * IN);
  private DType scaleType = DType.FLOAT32;
  private DType weightType = DType.FLOAT32;

  @ParameterizedTest
  @CsvSource({"INT16, 11", "INT64, 12", "UINT8, 13", "INT8, 14"})
  void findsTheOnlyWrongIndex(DType dtype, long seed) throws IOException {
    Random random = new Random(seed);
    double[] indices = indices(Scales.trained(floats(a), floats(b), floats(magnitude)));
    assertThat(check(layer(dtype, indices), OUT)).isEqualTo(Mismatches.NONE);
    for (int i = 0; i < 10; i++) {
      int at = random.nextInt(indices.length);
      double right = indices[at];
      indices[at] = 7 - right;
      Mismatches one = new Mismatches(1, at, 7 - right, right);
      assertThat(check(layer(dtype, indices), OUT)).isEqualTo(one);
      assertThat(check(layer(dtype, indices), 7)).isEqualTo(one);
      indices[at] = 8;
      assertThat(check(layer(dtype, indices), 1)).isEqualTo(new Mismatches(1, at, 8, right));
      indices[at] = right;
    }
  }

  @Test
  void bakedScalesAreTakenAsTheyAreStored() throws IOException {
    double[] baked = indices(Scales.baked(floats(a), floats(b), floats(magnitude)));
    QuantizedLayer layer = layer(DType.INT16, baked);
    assertThat(check(layer, OUT).count()).isGreaterThan(OUT);
    assertThat(check(flagged(layer, 1), OUT)).isEqualTo(Mismatches.NONE);
    assertThat(check(flagged(layer, 0), OUT)).isEqualTo(check(layer, OUT));
  }

  @Test
  void readsWhatItNeeds() throws IOException {
    double[] indices = indices(Scales.trained(floats(a), floats(b), floats(magnitude)));
    try (LayerRows rows = new LayerRows(LocalFiles.STORE, 1 << 20, ReadOptions.LOCAL_DISK)) {
      new IndicesCheck(layer(DType.INT16, indices)).run(rows, 5, 9);
      int scales = (OUT * RANK + RANK * IN + RANK) * Float.BYTES;
      int lut = LUT.length * Float.BYTES;
      assertThat(rows.bytesRead()).isEqualTo(scales + lut + 4 * IN * (Float.BYTES + Short.BYTES));
    }
  }

  @Test
  void reportsWhyIndicesCannotBeRecomputed() throws IOException {
    double[] indices = new double[OUT * IN];
    assertThat(layer(DType.INT16, indices).obstacle()).isEmpty();
    QuantizedLayer layer = layer(DType.INT16, indices);
    TensorEntry flags = write("flags", DType.INT8, Shape.of(2), 1, 1);
    assertThat(with(layer, List.of(flags)).obstacle())
        .contains(
            "shapes do not fit: _indices [45, 24], weight [45, 24], scale_A [45, 3], scale_B [3, 24],"
                + " rank_magnitude [3]");
    scaleType = DType.FLOAT16;
    assertThat(layer(DType.INT16, indices).obstacle())
        .contains("scale_A is float16, which is rounded, expected float32");
  }

  private QuantizedLayer flagged(QuantizedLayer layer, int flag) throws IOException {
    return with(layer, List.of(write("flag", DType.INT8, Shape.of(), flag)));
  }

  private static QuantizedLayer with(QuantizedLayer layer, List<TensorEntry> baked) {
    Factors factors = layer.factors();
    return new QuantizedLayer(
        layer.target(),
        layer.source(),
        new Factors(
            factors.a(),
            factors.b(),
            factors.magnitude(),
            baked.stream().findFirst(),
            factors.form()),
        layer.lut(),
        layer.float16());
  }

  private QuantizedLayer layer(DType dtype, double[] indices) throws IOException {
    return new QuantizedLayer(
        write("indices", dtype, Shape.of(OUT, IN), indices),
        Source.weight(write("weight", weightType, Shape.of(OUT, IN), weight)),
        new Factors(
            write("scale_A", scaleType, Shape.of(OUT, RANK), a),
            write("scale_B", DType.FLOAT32, Shape.of(RANK, IN), b),
            write("magnitude", DType.FLOAT32, Shape.of(RANK), magnitude),
            Optional.empty(),
            Scales.Form.TRAINED),
        write("lut", DType.FLOAT32, Shape.of(LUT.length), LUT),
        false);
  }

  private TensorEntry write(String name, DType dtype, Shape shape, double... numbers)
      throws IOException {
    return RawTensors.write(folder.resolve(name), dtype, shape, numbers);
  }

  private double[] indices(Scales scales) {
    Requantize requantize = new Requantize(scales, new Lut(floats(LUT)));
    return IntStream.range(0, OUT * IN)
        .mapToDouble(
            i ->
                requantize
                    .row(i / IN, floats(Arrays.copyOfRange(weight, i / IN * IN, i / IN * IN + IN)))
                    .index(i % IN))
        .toArray();
  }

  // In parts of so many rows.
  private static Mismatches check(QuantizedLayer layer, int rows) throws IOException {
    Mismatches found = Mismatches.NONE;
    try (LayerRows reader = new LayerRows(LocalFiles.STORE, 1 << 20, new ReadOptions(1024, 1))) {
      IndicesCheck check = new IndicesCheck(layer);
      for (int from = OUT - (OUT - 1) % rows - 1; from >= 0; from -= rows) {
        found = check.run(reader, from, Math.min(from + rows, OUT)).others().merge(found);
      }
    }
    return found;
  }

  private static float[] floats(double[] numbers) {
    float[] floats = new float[numbers.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) numbers[i];
    }
    return floats;
  }

  private static double[] numbers(long seed, int count) {
    return new Random(seed).doubles(count, -1, 1).toArray();
  }

  @Test
  void countsNeighboursThatRoundingAllows() throws IOException {
    Scales scales = Scales.trained(floats(a), floats(b), floats(magnitude));
    int at = 3 * IN + 5;
    float middle = (float) (LUT[5] + LUT[6]) / 2;
    weight[at] = middle * scales.row(3)[5];
    double[] indices = indices(scales);
    assertThat(result(layer(DType.INT16, indices)).rounded()).isEqualTo(Ulps.NONE);
    indices[at] = 11 - indices[at]; // 5 or 6
    CheckResult other = result(layer(DType.INT16, indices));
    assertThat(other.others()).isEqualTo(Mismatches.NONE);
    assertThat(other.rounded()).isEqualTo(new Ulps(1, 1));
    indices[at] = 4;
    assertThat(result(layer(DType.INT16, indices)).others().count()).isEqualTo(1);
  }

  // Models are published in bfloat16; what was quantized may have been rounded to it since.
  @Test
  void allowsNeighboursOfAWeightThatWasRounded() throws IOException {
    Scales scales = Scales.trained(floats(a), floats(b), floats(magnitude));
    double[] exact = indices(scales);
    weightType = DType.BFLOAT16;
    CheckResult rounded = result(layer(DType.INT16, exact));
    assertThat(rounded.others()).isEqualTo(Mismatches.NONE);
    assertThat(rounded.rounded().elements()).isPositive();
    Arrays.setAll(weight, i -> Rounding.of(DType.BFLOAT16, weight[i]));
    CheckResult same = result(layer(DType.INT16, indices(scales)));
    assertThat(same.others()).isEqualTo(Mismatches.NONE);
    assertThat(same.rounded()).isEqualTo(Ulps.NONE);
    double right = exact[77];
    exact[77] = 7 - right;
    assertThat(check(layer(DType.INT16, exact), OUT))
        .isEqualTo(new Mismatches(1, 77, 7 - right, right));
  }

  private static CheckResult result(QuantizedLayer layer) throws IOException {
    try (LayerRows reader = new LayerRows(LocalFiles.STORE, 1 << 20, ReadOptions.LOCAL_DISK)) {
      return new IndicesCheck(layer).run(reader, 0, OUT);
    }
  }

  @Test
  void holdsValuesAgainstTheEntriesWhereThereAreNoIndices() throws IOException {
    double[] values =
        Arrays.stream(indices(Scales.trained(floats(a), floats(b), floats(magnitude))))
            .map(index -> LUT[(int) index])
            .toArray();
    assertThat(check(layer(DType.FLOAT32, values), OUT)).isEqualTo(Mismatches.NONE);
    double right = values[77];
    values[77] = -right;
    assertThat(check(layer(DType.FLOAT32, values), OUT))
        .isEqualTo(new Mismatches(1, 77, -right, right));
    values[77] = 0.3; // no entry
    assertThat(check(layer(DType.FLOAT32, values), 4))
        .isEqualTo(new Mismatches(1, 77, (float) 0.3, right));
  }
}
