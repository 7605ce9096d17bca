package io.qtrace.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.qtrace.arrow.ReadOptions;
import io.qtrace.compare.RangeTask.Member;
import io.qtrace.io.LocalFiles;
import io.qtrace.kernel.LutCheckPartial;
import io.qtrace.kernel.Mismatches;
import io.qtrace.tensor.DType;
import io.qtrace.tensor.Shape;
import io.qtrace.tensor.TensorEntry;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TestLutCheck {
  private static final double[] LUT = {
    -2, -1.5, -1.25, -0.75, -0.5, -0.375, -0.25, -0.125, 0.125, 0.25, 0.375, 0.5, 0.75, 1.25, 1.5, 2
  };
  private static final int ELEMENTS = 5_000;

  @TempDir Path folder;
  private long bytesRead; // by the last run
  private int written; // layers
  private DType quantizedType = DType.FLOAT32;
  private DType indexType = DType.INT16;

  @ParameterizedTest
  @CsvSource({
    "FLOAT32, INT16, 1",
    "FLOAT32, INT64, 2",
    "FLOAT16, UINT8, 3",
    "BFLOAT16, INT16, 4",
    "FLOAT64, INT64, 5",
    "FLOAT16, UINT64, 6",
  })
  void seesTheOneElementThatIsCorrupt(DType quantized, DType index, long seed) throws IOException {
    quantizedType = quantized;
    indexType = index;
    Random random = new Random(seed);
    for (int i = 0; i < 20; i++) {
      int[] indices = random.ints(ELEMENTS, 0, 16).toArray();
      double[] values = Arrays.stream(indices).mapToDouble(k -> LUT[k]).toArray();
      int at = random.nextInt(ELEMENTS);
      double right = values[at];
      assertThat(check(values, indices, LUT)).isEqualTo(clean(ELEMENTS));

      values[at] = 3;
      Mismatches off = new Mismatches(1, at, 3, right);
      assertThat(check(values, indices, LUT))
          .isEqualTo(new LutCheckPartial(ELEMENTS, Mismatches.NONE, off, off, Math.abs(3 - right)));

      int other = (indices[at] + 1 + random.nextInt(15)) % 16;
      values[at] = LUT[other];
      Mismatches stale = new Mismatches(1, at, LUT[other], right);
      double distance = Math.abs(LUT[other] - right);
      assertThat(check(values, indices, LUT))
          .isEqualTo(
              new LutCheckPartial(ELEMENTS, Mismatches.NONE, Mismatches.NONE, stale, distance));

      values[at] = right;
      indices[at] = 16;
      Mismatches outside = new Mismatches(1, at, 16, Double.NaN);
      assertThat(check(values, indices, LUT))
          .isEqualTo(new LutCheckPartial(ELEMENTS, outside, Mismatches.NONE, Mismatches.NONE, 0));
    }
  }

  @Test
  void aCorruptEntryShowsInEveryElementThatUsesIt() throws IOException {
    Random random = new Random(7);
    int[] indices = random.ints(ELEMENTS, 0, 16).toArray();
    double[] values = Arrays.stream(indices).mapToDouble(k -> LUT[k]).toArray();
    for (int k = 0; k < 16; k++) {
      double[] lut = LUT.clone();
      lut[k] += 0.0625;
      List<Integer> users = new ArrayList<>();
      for (int i = 0; i < ELEMENTS; i++) {
        if (indices[i] == k) {
          users.add(i);
        }
      }
      Mismatches all = new Mismatches(users.size(), users.get(0), LUT[k], lut[k]);
      assertThat(check(values, indices, lut))
          .isEqualTo(new LutCheckPartial(ELEMENTS, Mismatches.NONE, all, all, 0.0625));
    }
  }

  @Test
  void entriesCountAsTheDtypeOfQHoldsThem() throws IOException {
    double[] lut = {-0.1, 0.1};
    int[] indices = {0, 1, 1};
    quantizedType = DType.BFLOAT16;
    assertThat(check(new double[] {-0.10009765625, 0.10009765625, 0.10009765625}, indices, lut))
        .isEqualTo(clean(3));
    quantizedType = DType.FLOAT16;
    assertThat(
            check(new double[] {-0.0999755859375, 0.0999755859375, 0.0999755859375}, indices, lut))
        .isEqualTo(clean(3));
    quantizedType = DType.FLOAT32;
    assertThat(check(new double[] {-0.1f, 0.1f, 0.0999755859375}, indices, lut).stale())
        .isEqualTo(new Mismatches(1, 2, 0.0999755859375, 0.1f));
  }

  @Test
  void zerosOfBothSignsAreOneAndNanIsNan() throws IOException {
    int[] indices = {0, 1, 2};
    double[] lut = {Double.NaN, -0.0, 1};
    assertThat(check(new double[] {Double.NaN, 0, 1}, indices, lut)).isEqualTo(clean(3));
    assertThat(check(new double[] {0, 0, Double.NaN}, indices, lut))
        .isEqualTo(
            new LutCheckPartial(
                3,
                Mismatches.NONE,
                Mismatches.NONE,
                new Mismatches(2, 0, 0, Double.NaN),
                Double.NaN));
  }

  @Test
  void negativeIndicesAreOutside() throws IOException {
    LutCheckPartial found = check(new double[] {2, 9}, new int[] {-1, -2}, LUT);
    assertThat(found.outside()).isEqualTo(new Mismatches(2, 0, -1, Double.NaN));
    assertThat(found.offGrid()).isEqualTo(new Mismatches(1, 1, 9, Double.NaN));
    assertThat(found.stale()).isEqualTo(Mismatches.NONE);
  }

  @Test
  void splitsChangeNothing() throws IOException {
    Random random = new Random(8);
    int[] indices = random.ints((3 << 20) + 77, 0, 17).toArray();
    double[] values = Arrays.stream(indices).mapToDouble(k -> LUT[(k * 8 + 7) % 16]).toArray();
    values[(1 << 20) + 3] = 0.3125;
    RangeTask whole = task(values, indices, LUT);
    RangeResult expected = run(List.of(whole));
    LutCheckPartial found = expected.checks().get(0);
    assertThat(found.offGrid().first()).isEqualTo((1 << 20) + 3);
    assertThat(found.outside().count()).isGreaterThan(100_000);
    assertThat(bytesRead).isEqualTo(indices.length * 6L + 64);
    List<RangeTask> parts = new ArrayList<>(whole.split(1 << 20));
    Collections.shuffle(parts, new Random(9));
    RangeResult merged = run(parts);
    assertThat(merged.checks()).isEqualTo(expected.checks());
    assertThat(bytesRead).isEqualTo(indices.length * 6L + 4 * 64);
  }

  @Test
  void blocksLikeTheParentsAreCheckedWithTheirOwnLut() throws IOException {
    Random random = new Random(10);
    int count = (1 << 20) + 77;
    int[] indices = random.ints(count, 0, 16).toArray();
    double[] values = Arrays.stream(indices).mapToDouble(k -> LUT[k]).toArray();
    double[] damaged = values.clone();
    damaged[count - 1] = 3;
    double[] otherLut = LUT.clone();
    otherLut[15] = 4;
    List<RangeTask> alone =
        List.of(
            task(values, indices, LUT),
            task(values, indices, LUT),
            task(damaged, indices, LUT),
            task(damaged, indices, LUT),
            task(values, indices, otherLut));
    List<Member> members = new ArrayList<>();
    List<RangeTask.Pair> pairs = new ArrayList<>();
    List<LutCheck> checks = new ArrayList<>();
    List<LutCheckPartial> expected = new ArrayList<>();
    for (RangeTask task : alone) {
      int at = members.size();
      if (at > 0) {
        pairs.add(new RangeTask.Pair(at - 2, at));
        pairs.add(new RangeTask.Pair(at - 1, at + 1));
      }
      checks.add(new LutCheck(at + 1, at, task.checks().get(0).lut()));
      members.addAll(task.members());
      expected.add(run(List.of(task)).checks().get(0));
    }
    RangeResult chain = run(List.of(RangeTask.whole(members, pairs, checks)));
    assertThat(List.copyOf(chain.checks().values())).isEqualTo(expected);
    assertThat(expected)
        .extracting(LutCheckPartial::holds)
        .containsExactly(true, true, false, false, false);
  }

  @Test
  void refusesTensorsThatAreNotLuts() throws IOException {
    TensorEntry one = write("one", DType.FLOAT32, Shape.of(1), 0);
    assertThatThrownBy(() -> new LutCheck(0, 1, one))
        .hasMessage("Invalid LUT: float32 [1], expected 2 to 32768 floats");
    Member member = new Member("m", one, Set.of());
    LutCheck check = new LutCheck(0, 0, write("lut", DType.FLOAT32, Shape.of(2), 0, 1));
    assertThatThrownBy(() -> RangeTask.whole(List.of(member), List.of(), List.of(check)))
        .hasMessage(
            "Invalid LUT check: _Q float32 and _indices float32, expected floats and integers");
  }

  private static LutCheckPartial clean(long elements) {
    return new LutCheckPartial(elements, Mismatches.NONE, Mismatches.NONE, Mismatches.NONE, 0);
  }

  private LutCheckPartial check(double[] values, int[] indices, double[] lut) throws IOException {
    return run(List.of(task(values, indices, lut))).checks().get(0);
  }

  private RangeTask task(double[] values, int[] indices, double[] lut) throws IOException {
    Shape shape = Shape.of(values.length);
    double[] integers = Arrays.stream(indices).asDoubleStream().toArray();
    int file = written++;
    TensorEntry quantized = write("_Q" + file, quantizedType, shape, values);
    TensorEntry places = write("_indices" + file, indexType, shape, integers);
    return RangeTask.whole(
        List.of(new Member("_indices", places, Set.of()), new Member("_Q", quantized, Set.of())),
        List.of(),
        List.of(new LutCheck(1, 0, write("lut" + file, DType.FLOAT32, Shape.of(lut.length), lut))));
  }

  private TensorEntry write(String name, DType dtype, Shape shape, double... numbers)
      throws IOException {
    return RawTensors.write(folder.resolve(name), dtype, shape, numbers);
  }

  private RangeResult run(List<RangeTask> tasks) throws IOException {
    RangeResult merged = null;
    try (RangeComparison comparison =
        new RangeComparison(LocalFiles.STORE, 1 << 20, ReadOptions.LOCAL_DISK)) {
      for (RangeTask task : tasks) {
        RangeResult result = comparison.run(task);
        merged = merged == null ? result : merged.merge(result);
      }
      bytesRead = comparison.bytesRead();
    }
    return merged;
  }
}
