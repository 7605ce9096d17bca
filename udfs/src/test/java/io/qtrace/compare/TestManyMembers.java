package io.qtrace.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.qtrace.arrow.ReadOptions;
import io.qtrace.compare.RangeTask.Member;
import io.qtrace.compare.RangeTask.Pair;
import io.qtrace.io.CountingFileSystem;
import io.qtrace.io.LocalFiles;
import io.qtrace.io.ObjectStat;
import io.qtrace.io.ObjectStore;
import io.qtrace.io.OpenFiles;
import io.qtrace.kernel.LutCheckPartial;
import io.qtrace.tensor.DType;
import io.qtrace.tensor.Shape;
import io.qtrace.tensor.Storage;
import io.qtrace.tensor.TensorEntry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tasks of more checkpoints than memory or open files have room for. */
class TestManyMembers {
  // All whose results are the same bits however a tensor is cut.
  private static final Set<Measure> ALL = EnumSet.complementOf(EnumSet.of(Measure.SPREAD));
  private static final Set<Measure> DISTRIBUTED =
      Set.of(Measure.FINGERPRINT, Measure.STATS, Measure.CRC);
  private static final double[] LUT = {-2, -1, 1, 2};

  @TempDir Path folder;

  /** What one run did. */
  private record Ran(List<RangeResult> results, long bytesRead, long peakBytes) {
    RangeResult only() {
      assertThat(results).hasSize(1);
      return results.get(0);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aParentAndAChainOfThousandSmallChildrenIsReadOnce(boolean ahead) throws IOException {
    int elements = 256;
    List<Member> members = new ArrayList<>();
    for (int i = 0; i <= 1000; i++) {
      members.add(new Member("m" + i, floats("m" + i, elements, i, i), ALL));
    }
    RangeTask task = RangeTask.whole(members, starAndChain(members.size()));
    long memory = 16 << 20;
    ObjectStore store = CountingFileSystem.store();
    Ran ran = run(store, List.of(task), memory, ReadOptions.LOCAL_DISK, ahead);
    assertThat(ran.bytesRead()).isEqualTo(1001L * elements * 4);
    assertThat(CountingFileSystem.reads()).hasSize(1001);
    assertThat(CountingFileSystem.opened()).isEqualTo(1001);
    assertThat(CountingFileSystem.mostOpen()).isEqualTo(OpenFiles.MAX_OPEN);
    // Three blocks of the tensor; all of them once more when they are read ahead.
    assertThat(ran.peakBytes()).isEqualTo((ahead ? 1 << 20 : 0) + 3 * elements * 4);
    RangeResult result = ran.only();
    assertThat(result.members()).hasSize(1001);
    for (int p = 0; p < task.pairs().size(); p++) {
      Pair pair = task.pairs().get(p);
      assertThat(result.pairs().get(p).diff().changed())
          .as("%s", pair)
          .isEqualTo(pair.left() % elements == pair.right() % elements ? 1 : 2);
    }
  }

  @Test
  void largeMembersPassThroughMemoryThatHoldsThreeOfTheirPieces() throws IOException {
    int elements = (1 << 20) + 702;
    List<Member> members = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      members.add(new Member("m" + i, floats("m" + i, elements, i * 90_001, i), DISTRIBUTED));
    }
    RangeTask task = RangeTask.whole(members, starAndChain(members.size()));
    RangeResult expected = naive(task);
    for (long memory : new long[] {200 << 10, 1 << 20, 5 << 20, 64 << 20}) {
      ObjectStore store = CountingFileSystem.store();
      Ran ran = run(store, List.of(task), memory, new ReadOptions(1 << 18, 8), true);
      assertThat(ran.only()).isEqualTo(expected);
      assertThat(ran.bytesRead()).isEqualTo(12L * elements * 4);
      assertThat(ran.peakBytes()).isLessThanOrEqualTo(memory);
      assertReadOnce(task, elements * 4L);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "20, 13, 1000000, false, 1",
    "40, 207, 1000000, true, 2",
    "9, 16385, 400000, false, 3",
    "9, 16385, 4000000, true, 4",
    "7, 1049278, 900000, false, 5",
    "5, 2097152, 3000000, true, 6",
    "60, 1, 1000000, true, 7",
    "6, 0, 1000000, true, 8",
  })
  void treesOfPairsGiveWhatEachPairGivesAlone(
      int count, int elements, long memory, boolean ahead, long seed) throws IOException {
    Random random = new Random(seed);
    DType[] types = {DType.FLOAT32, DType.FLOAT32, DType.FLOAT16, DType.FLOAT64, DType.INT16};
    List<Member> members = new ArrayList<>();
    List<Pair> pairs = new ArrayList<>();
    List<LutCheck> checks = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      DType dtype = types[random.nextInt(types.length)];
      int change = random.nextInt(3) == 0 ? random.nextInt(Math.max(elements, 1)) : -1;
      TensorEntry tensor = tensor("m" + i, dtype, elements, change);
      if (random.nextInt(5) == 0 && elements > 0) {
        tensor = everySecond("s" + i, tensor.dtype(), elements, change);
      }
      members.add(new Member("m" + i, tensor, random.nextInt(4) == 0 ? DISTRIBUTED : ALL));
      for (int p = 0; i > 0 && p < 1 + random.nextInt(2); p++) {
        int other = random.nextInt(i);
        pairs.add(random.nextBoolean() ? new Pair(other, i) : new Pair(i, other));
      }
      if (random.nextInt(6) == 0) {
        pairs.add(new Pair(i, i));
      }
      for (int other = 0; other <= i && random.nextInt(3) == 0; other++) {
        int one = random.nextBoolean() ? i : other;
        int two = one == i ? other : i;
        if (LutCheck.fits(members.get(one).tensor().dtype(), members.get(two).tensor().dtype())) {
          TensorEntry lut = RawTensors.write(file("lut" + i), DType.FLOAT32, Shape.of(4), LUT);
          checks.add(new LutCheck(one, two, lut));
        }
      }
    }
    RangeTask task = RangeTask.whole(members, pairs, checks);
    Ran ran = run(LocalFiles.STORE, List.of(task), memory, new ReadOptions(1 << 18, 4), ahead);
    assertThat(ran.only()).isEqualTo(naive(task));
    assertThat(ran.peakBytes()).isLessThanOrEqualTo(memory);
  }

  @Test
  void neighbouringTensorsOfManyTasksAreOneReadOfEachFile() throws IOException {
    int files = 40;
    int tensors = 200;
    int bytes = 1024;
    List<RangeTask> tasks = tasksOfNeighbours(files, tensors, bytes, 0);
    ObjectStore store = CountingFileSystem.store();
    Map<String, ObjectStat> known = new HashMap<>();
    for (Member member : tasks.get(0).members()) {
      known.put(member.file(), store.stat(member.file()));
    }
    int asked = CountingFileSystem.statusRequests();
    List<RangeResult> together;
    try (RangeComparison comparison =
        new RangeComparison(
            store, 64 << 20, new ReadOptions(1 << 20, 1), known, FailureReason.NONE)) {
      together = comparison.run(tasks);
      assertThat(comparison.bytesRead()).isEqualTo((long) files * tensors * bytes);
    }
    assertThat(CountingFileSystem.statusRequests()).isEqualTo(asked);
    assertThat(CountingFileSystem.opened()).isEqualTo(files);
    assertThat(CountingFileSystem.reads()).hasSize(files);
    assertThat(together).isEqualTo(oneByOne(tasks));
  }

  @Test
  void gapsAreReadAlongOnlyWhereTheyAreShort() throws IOException {
    for (int gap : new int[] {ReadAhead.MAX_GAP, ReadAhead.MAX_GAP + 1}) {
      List<RangeTask> tasks = tasksOfNeighbours(3, 5, 64, gap);
      Ran ran = run(CountingFileSystem.store(), tasks, 16 << 20, ReadOptions.LOCAL_DISK, true);
      boolean joined = gap <= ReadAhead.MAX_GAP;
      assertThat(CountingFileSystem.reads()).hasSize(joined ? 3 : 15);
      assertThat(ran.bytesRead()).isEqualTo(3L * (5 * 64 + (joined ? 4 * gap : 0)));
      assertThat(ran.results()).isEqualTo(oneByOne(tasks));
    }
  }

  @Test
  void smallTasksAreReadInBatchesThatFit() throws IOException {
    List<RangeTask> tasks = tasksOfNeighbours(10, 100, 1024, 0);
    long memory = 1 << 20;
    Ran ran = run(CountingFileSystem.store(), tasks, memory, ReadOptions.LOCAL_DISK, true);
    assertThat(ran.peakBytes()).isLessThanOrEqualTo(memory);
    assertThat(ran.bytesRead()).isEqualTo(10 * 100 * 1024);
    // 384 KiB a batch, 38 tasks: 3 batches.
    assertThat(CountingFileSystem.reads()).hasSize(3 * 10);
    assertThat(ran.results()).isEqualTo(oneByOne(tasks));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void oneTruncatedFileVoidsNothingElse(boolean ahead) throws IOException {
    List<Member> members = new ArrayList<>();
    List<LutCheck> checks = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      TensorEntry q = tensor("q" + i, DType.FLOAT32, 5000, i % 7);
      members.add(new Member("q" + i, q, ALL));
      members.add(
          new Member("i" + i, tensor("i" + i, DType.INT16, 5000, -1), Set.of(Measure.STATS)));
      TensorEntry lut = RawTensors.write(file("lut" + i), DType.FLOAT32, Shape.of(4), LUT);
      checks.add(new LutCheck(2 * i, 2 * i + 1, lut));
    }
    List<Pair> pairs = new ArrayList<>();
    for (int i = 1; i < 100; i++) {
      pairs.add(new Pair(0, 2 * i));
      pairs.add(new Pair(2 * i - 2, 2 * i));
    }
    RangeTask task = RangeTask.whole(members, pairs, checks);
    RangeResult sound = naive(task);
    Files.write(file("q50"), new byte[19_999]);
    Files.write(file("lut70"), new byte[7]);
    RangeResult found =
        run(LocalFiles.STORE, List.of(task), 16 << 20, ReadOptions.LOCAL_DISK, ahead).only();
    assertThat(found.failures()).containsOnlyKeys(uri("q50"), uri("lut70"));
    assertThat(found.failures().get(uri("q50")))
        .contains("at byte 0: Invalid storage 'q50': 20000 bytes")
        .contains("expected to end within the file's 19999");
    assertThat(found.members().keySet()).hasSize(199).doesNotContain(100);
    assertThat(found.pairs()).hasSize(198 - 3);
    assertThat(found.checks().keySet()).hasSize(98).doesNotContain(50, 70);
    found.members().forEach((i, each) -> assertThat(each).isEqualTo(sound.members().get(i)));
    found.pairs().forEach((p, each) -> assertThat(each).isEqualTo(sound.pairs().get(p)));
    found.checks().forEach((c, each) -> assertThat(each).isEqualTo(sound.checks().get(c)));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aFailureEndsTheTaskUnlessItHasAReason(boolean ahead) throws IOException {
    List<RangeTask> tasks = tasksOfNeighbours(3, 2, 64, 0);
    Files.delete(file("neighbours1"));
    assertThatThrownBy(() -> run(LocalFiles.STORE, tasks, 1 << 20, ReadOptions.LOCAL_DISK, ahead))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("neighbours1");
    FailureReason gone =
        (file, failure) ->
            file.endsWith("neighbours1") ? Optional.of("it is gone") : Optional.empty();
    try (RangeComparison comparison =
        new RangeComparison(LocalFiles.STORE, 1 << 20, ReadOptions.LOCAL_DISK, Map.of(), gone)) {
      List<RangeResult> results =
          ahead
              ? comparison.run(tasks)
              : List.of(comparison.run(tasks.get(0)), comparison.run(tasks.get(1)));
      assertThat(results)
          .hasSize(2)
          .allSatisfy(
              result -> {
                assertThat(result.failures()).isEqualTo(Map.of(uri("neighbours1"), "it is gone"));
                assertThat(result.members()).containsOnlyKeys(0, 2);
                assertThat(result.pairs()).containsOnlyKeys(1);
              });
    }
  }

  @Test
  void aFileThatIsShorterThanItsKnownLengthIsAFailureWithAReason() throws IOException {
    RangeTask task = tasksOfNeighbours(3, 1, 64, 0).get(0);
    Map<String, ObjectStat> known = new HashMap<>();
    for (Member member : task.members()) {
      known.put(member.file(), LocalFiles.STORE.stat(member.file()));
    }
    Files.write(file("neighbours2"), new byte[10]);
    try (RangeComparison comparison =
        new RangeComparison(
            LocalFiles.STORE,
            1 << 20,
            ReadOptions.LOCAL_DISK,
            known,
            (file, failure) -> Optional.of("it was written"))) {
      assertThat(comparison.run(task).failures())
          .isEqualTo(Map.of(uri("neighbours2"), "it was written"));
      assertThat(comparison.run(List.of(task)).get(0).failures())
          .isEqualTo(Map.of(uri("neighbours2"), "it was written"));
    }
  }

  @Test
  void whatOneRangeLacksIsVoidInAll() throws IOException {
    int elements = (2 << 20) + 5;
    RangeTask whole =
        RangeTask.whole(
            IntStream.range(0, 3)
                .mapToObj(i -> new Member("m" + i, bytes("m" + i, elements), DISTRIBUTED))
                .toList(),
            List.of(new Pair(0, 1), new Pair(0, 2)));
    List<RangeTask> parts = whole.split(1 << 20);
    RangeResult merged;
    try (RangeComparison comparison =
        new RangeComparison(LocalFiles.STORE, 8 << 20, ReadOptions.LOCAL_DISK)) {
      merged = comparison.run(parts.get(2));
      Files.write(file("m2"), new byte[elements - 1]);
    }
    try (RangeComparison comparison =
        new RangeComparison(LocalFiles.STORE, 8 << 20, ReadOptions.LOCAL_DISK)) {
      merged = comparison.run(parts.get(0)).merge(merged);
      merged = merged.merge(comparison.run(parts.get(1)));
    }
    assertThat(merged.failures()).containsOnlyKeys(uri("m2"));
    assertThat(merged.members()).containsOnlyKeys(0, 1);
    assertThat(merged.pairs()).containsOnlyKeys(0);
    assertThat(merged.pairs().get(0).diff().elements()).isEqualTo(elements);
  }

  /** Every member, pair and check by itself, with plenty of memory. */
  private static RangeResult naive(RangeTask task) throws IOException {
    SortedMap<Integer, MemberPartial> members = new TreeMap<>();
    SortedMap<Integer, PairPartial> pairs = new TreeMap<>();
    SortedMap<Integer, LutCheckPartial> checks = new TreeMap<>();
    for (int i = 0; i < task.members().size(); i++) {
      members.put(
          i, alone(RangeTask.whole(List.of(task.members().get(i)), List.of())).members().get(0));
    }
    for (int p = 0; p < task.pairs().size(); p++) {
      Pair pair = task.pairs().get(p);
      List<Member> two = List.of(bare(task, pair.left()), bare(task, pair.right()));
      pairs.put(p, alone(RangeTask.whole(two, List.of(new Pair(0, 1)))).pairs().get(0));
    }
    for (int c = 0; c < task.checks().size(); c++) {
      LutCheck check = task.checks().get(c);
      List<Member> two = List.of(bare(task, check.quantized()), bare(task, check.indices()));
      LutCheck only = new LutCheck(0, 1, check.lut());
      checks.put(c, alone(RangeTask.whole(two, List.of(), List.of(only))).checks().get(0));
    }
    return new RangeResult(members, pairs, checks, Map.of());
  }

  private static Member bare(RangeTask task, int member) {
    return new Member("bare", task.members().get(member).tensor(), Set.of());
  }

  private static RangeResult alone(RangeTask task) throws IOException {
    return run(LocalFiles.STORE, List.of(task), 64 << 20, ReadOptions.LOCAL_DISK, false).only();
  }

  private static List<RangeResult> oneByOne(List<RangeTask> tasks) throws IOException {
    return run(LocalFiles.STORE, tasks, 64 << 20, ReadOptions.LOCAL_DISK, false).results();
  }

  private static Ran run(
      ObjectStore store, List<RangeTask> tasks, long memory, ReadOptions read, boolean ahead)
      throws IOException {
    try (RangeComparison comparison = new RangeComparison(store, memory, read)) {
      List<RangeResult> results = new ArrayList<>();
      if (ahead) {
        results.addAll(comparison.run(tasks));
      } else {
        for (RangeTask task : tasks) {
          results.add(comparison.run(task));
        }
      }
      return new Ran(results, comparison.bytesRead(), comparison.peakBytes());
    }
  }

  private static List<Pair> starAndChain(int members) {
    List<Pair> pairs = new ArrayList<>();
    for (int i = 1; i < members; i++) {
      pairs.add(new Pair(0, i));
      if (i > 1) {
        pairs.add(new Pair(i - 1, i));
      }
    }
    return pairs;
  }

  /** A task for each tensor of files that have their tensors one after the other. */
  private List<RangeTask> tasksOfNeighbours(int files, int tensors, int bytes, int gap)
      throws IOException {
    List<List<Member>> members = new ArrayList<>();
    for (int t = 0; t < tensors; t++) {
      members.add(new ArrayList<>());
    }
    for (int f = 0; f < files; f++) {
      byte[] content = new byte[tensors * (bytes + gap)];
      new Random(f).nextBytes(content);
      Files.write(file("neighbours" + f), content);
      for (int t = 0; t < tensors; t++) {
        long position = (long) t * (bytes + gap);
        Storage storage =
            new Storage(
                uri("neighbours" + f),
                "" + t,
                position,
                bytes,
                Storage.Order.LITTLE,
                Storage.UNVERIFIED);
        TensorEntry tensor =
            TensorEntry.contiguous("t" + t, DType.INT16, Shape.of(bytes / 2), storage);
        members.get(t).add(new Member("f" + f, tensor, ALL));
      }
    }
    return members.stream().map(each -> RangeTask.whole(each, starAndChain(each.size()))).toList();
  }

  // Numbers that every dtype of the test holds, so that tensors of two dtypes may be equal.
  private static double number(int i) {
    return LUT[i % 3 + i % 2];
  }

  private TensorEntry tensor(String name, DType dtype, int elements, int change)
      throws IOException {
    double[] numbers = IntStream.range(0, elements).mapToDouble(TestManyMembers::number).toArray();
    if (change >= 0 && elements > 0) {
      numbers[change] += 1;
    }
    return RawTensors.write(file(name), dtype, Shape.of(elements), numbers);
  }

  private TensorEntry everySecond(String name, DType dtype, int elements, int change)
      throws IOException {
    double[] numbers =
        IntStream.range(0, 2 * elements).mapToDouble(i -> i % 2 == 0 ? number(i / 2) : 7).toArray();
    if (change >= 0) {
      numbers[2 * change] += 1;
    }
    TensorEntry all = RawTensors.write(file(name), dtype, Shape.of(2L * elements), numbers);
    return new TensorEntry(name, dtype, Shape.of(elements), List.of(2L), 0, all.storage());
  }

  /** The same numbers for all names, but for one. */
  private TensorEntry floats(String name, int elements, int at, float number) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(4 * elements).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < elements; i++) {
      bytes.putFloat(4 * i, i % 251 + 1);
    }
    bytes.putFloat(4 * (at % elements), -number - 0.5f);
    return write(name, DType.FLOAT32, elements, bytes.array());
  }

  private TensorEntry bytes(String name, int elements) {
    try {
      return write(name, DType.UINT8, elements, new byte[elements]);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private TensorEntry write(String name, DType dtype, int elements, byte[] bytes)
      throws IOException {
    Files.write(file(name), bytes);
    Storage storage =
        new Storage(uri(name), name, 0, bytes.length, Storage.Order.LITTLE, Storage.UNVERIFIED);
    return TensorEntry.contiguous(name, dtype, Shape.of(elements), storage);
  }

  private static void assertReadOnce(RangeTask task, long bytes) {
    for (Member member : task.members()) {
      long next = 0;
      List<CountingFileSystem.Read> reads =
          CountingFileSystem.reads().stream()
              .filter(read -> read.file().equals(member.file()))
              .sorted(Comparator.comparingLong(CountingFileSystem.Read::position))
              .toList();
      for (CountingFileSystem.Read read : reads) {
        assertThat(read.position()).isEqualTo(next);
        next += read.bytes();
      }
      assertThat(next).isEqualTo(bytes);
    }
  }

  private Path file(String name) {
    return folder.resolve(name);
  }

  private String uri(String name) {
    return file(name).toString();
  }
}
