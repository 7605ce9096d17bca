package io.qtrace.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.qtrace.arrow.BlockFixtures;
import io.qtrace.arrow.ReadOptions;
import io.qtrace.compare.RangeTask.Member;
import io.qtrace.compare.RangeTask.Pair;
import io.qtrace.io.CountingFileSystem;
import io.qtrace.io.LocalFiles;
import io.qtrace.io.ObjectStore;
import io.qtrace.tensor.DType;
import io.qtrace.tensor.Shape;
import io.qtrace.tensor.Storage;
import io.qtrace.tensor.TensorEntry;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.zip.CRC32;
import org.apache.commons.codec.digest.DigestUtils;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TestRangeComparison {
  private static final Set<Measure> DISTRIBUTED =
      Set.of(Measure.FINGERPRINT, Measure.STATS, Measure.CRC);
  private static final Storage.Order LITTLE = Storage.Order.LITTLE;
  private static final int ELEMENTS = (3 << 20) + 702;
  private static final ReadOptions AHEAD = new ReadOptions(1 << 19, 6);

  @TempDir Path folder;
  private long bytesRead; // by the last run

  @Test
  void resultsDoNotDependOnSplitsMemoryOrReads() throws IOException {
    RangeTask whole = fourMembers();
    RangeResult expected = run(whole, 64 << 20, ReadOptions.LOCAL_DISK);
    for (long split : new long[] {1 << 20, 2 << 20, 8 << 20}) {
      for (long memory : new long[] {400 << 10, 3 << 20, 64 << 20}) {
        RangeResult merged = runSplit(whole, split, memory, AHEAD);
        assertThat(merged.pairs()).isEqualTo(expected.pairs());
        for (int i = 0; i < 4; i++) {
          TensorEntry tensor = whole.members().get(i).tensor();
          MemberPartial found = merged.members().get(i);
          MemberPartial reference = expected.members().get(i);
          assertThat(found.fingerprint(tensor)).isEqualTo(reference.fingerprint(tensor));
          assertThat(found.stats()).isEqualTo(reference.stats());
          assertThat(found.crc()).isEqualTo(reference.crc());
        }
        assertThat(bytesRead).isEqualTo(14L * ELEMENTS);
      }
    }
  }

  @Test
  void findsTheOnlyChangedElements() throws IOException {
    RangeResult result = run(fourMembers(), 64 << 20, AHEAD);
    assertThat(result.pairs().get(0).identical()).isTrue();
    PairPartial changed = result.pairs().get(1);
    assertThat(changed.identical()).isFalse();
    assertThat(changed.diff().changed()).isEqualTo(2);
    assertThat(changed.diff().firstChanged()).isEqualTo(1_500_001);
    assertThat(changed.diff().distinct()).containsExactly(-2.0, 5.0);
    assertThat(changed.diff().maxAbs()).isEqualTo(5);
    assertThat(changed.diff().sumAbs().value()).isEqualTo(7);
    PairPartial cast = result.pairs().get(2);
    assertThat(cast.identical()).isFalse();
    assertThat(cast.diff().changed()).isZero();
    assertThat(cast.diff().elements()).isEqualTo(ELEMENTS);
  }

  @Test
  void everyMeasureOfOneTensorIsThatOfItsBytes() throws IOException {
    byte[] bytes = BlockFixtures.pattern(3145733);
    TensorEntry tensor = write("a", DType.UINT8, Shape.of(3145733), bytes, LITTLE);
    Member member = new Member("a", tensor, Set.of(Measure.values()));
    MemberPartial found =
        run(RangeTask.whole(List.of(member), List.of()), 4 << 20, AHEAD).members().get(0);
    assertThat(found.fingerprint(tensor)).hasToString("x1:0dfbb8647eec6f0a48905048ba688b7a");
    assertThat(found.md5()).isEqualTo("cd83cd54d7f1e55f55372b3cde8cc899");
    assertThat(found.md5Prefix()).isEqualTo("cd83cd54d7f1e55f");
    assertThat(found.sha256()).isEqualTo(DigestUtils.sha256Hex(bytes));
    assertThat(found.stats().elements()).isEqualTo(3145733);
    assertThat(found.stats().max()).isEqualTo(255);
    found.crc().verify(tensor.storage());
  }

  @Test
  void fingerprintsAreOfElementsWhateverStridesAndByteOrderTheFileHas() throws IOException {
    int rows = 700;
    int columns = 1500;
    ByteBuffer rowMajor = ByteBuffer.allocate(4 * rows * columns).order(ByteOrder.LITTLE_ENDIAN);
    ByteBuffer columnMajor = ByteBuffer.allocate(rowMajor.capacity()).order(ByteOrder.BIG_ENDIAN);
    Random random = new Random(11);
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < columns; j++) {
        float number = (float) random.nextGaussian();
        rowMajor.putFloat(4 * (i * columns + j), number);
        columnMajor.putFloat(4 * (j * rows + i), number);
      }
    }
    Shape shape = Shape.of(rows, columns);
    TensorEntry plain = write("plain", DType.FLOAT32, shape, rowMajor.array(), LITTLE);
    Storage storage =
        write("t", DType.FLOAT32, shape, columnMajor.array(), Storage.Order.BIG).storage();
    TensorEntry transposed =
        new TensorEntry("t", DType.FLOAT32, shape, List.of(1L, (long) rows), 0, storage);
    RangeTask task =
        RangeTask.whole(
            List.of(
                new Member("plain", plain, DISTRIBUTED),
                new Member("transposed", transposed, DISTRIBUTED)),
            List.of(new Pair(0, 1)));
    for (long memory : new long[] {200 << 10, 16 << 20}) {
      RangeResult result = run(task, memory, AHEAD);
      assertThat(result.pairs().get(0).identical()).isTrue();
      assertThat(result.members().get(1).fingerprint(transposed))
          .isEqualTo(result.members().get(0).fingerprint(plain));
      assertThat(result.members().get(1).crc()).isEqualTo(StorageCrc.NONE);
    }
    RangeTask raw =
        RangeTask.whole(
            List.of(new Member("raw", StorageCrc.wholeStorage(storage), Set.of(Measure.CRC))),
            List.of());
    run(raw, 4 << 20, AHEAD).members().get(0).crc().verify(storage);
  }

  @Test
  void emptyTensorsCompare() throws IOException {
    TensorEntry empty = write("e", DType.FLOAT16, Shape.of(0, 5), new byte[0], LITTLE);
    Member member = new Member("e", empty, Set.of(Measure.values()));
    RangeResult result =
        run(
            RangeTask.whole(List.of(member, member), List.of(new Pair(0, 1))),
            1 << 20,
            ReadOptions.LOCAL_DISK);
    assertThat(result.pairs().get(0).identical()).isTrue();
    MemberPartial found = result.members().get(0);
    assertThat(found.fingerprint(empty)).hasToString("x1:99aa06d3014798d86001c324468d497f");
    assertThat(found.md5()).isEqualTo("d41d8cd98f00b204e9800998ecf8427e");
    assertThat(found.sha256()).isEqualTo(DigestUtils.sha256Hex(new byte[0]));
    assertThat(TensorStats.of(found.stats()).max()).isNaN();
    found.crc().verify(empty.storage());
  }

  @Test
  void refusesMemoryThatHasNoRoomForTheBlocksThatAreNeededAtOnce() throws IOException {
    RangeTask task = fourMembers();
    assertThatThrownBy(() -> run(task, 100_000, AHEAD))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "Invalid memory limit: 100000 bytes for 3 tensors at once, expected 196608 or more");
  }

  @Test
  void truncatedFilesAreFaultyAndLeaveNoMemoryBehind() throws IOException {
    RangeTask task = fourMembers();
    Path file = Path.of(task.members().get(3).tensor().storage().file());
    Files.write(file, new byte[1000]);
    RangeResult result = run(task, 64 << 20, AHEAD);
    assertThat(result.failures()).containsOnlyKeys(file.toString());
    assertThat(result.failures().get(file.toString()))
        .contains("at byte 3: Invalid storage 'storage'");
    assertThat(result.members()).containsOnlyKeys(0, 1, 2);
    assertThat(result.pairs()).containsOnlyKeys(0, 1);
  }

  @Test
  void runsTheNextTaskAfterAFaultyFile() throws IOException {
    RangeTask good = wholeOf(write("good", DType.UINT8, Shape.of(4), new byte[4], LITTLE));
    TensorEntry cut = write("cut", DType.UINT8, Shape.of(4), new byte[4], LITTLE);
    Files.write(Path.of(cut.storage().file()), new byte[1]);
    try (RangeComparison comparison = new RangeComparison(LocalFiles.STORE, 1 << 20, AHEAD)) {
      assertThat(comparison.run(wholeOf(cut)).failures()).containsOnlyKeys(cut.storage().file());
      assertThat(comparison.run(good).failures()).isEmpty();
      assertThat(comparison.bytesRead()).isEqualTo(4);
    }
  }

  @Test
  void opensEachFileOnceForManyTasks() throws IOException {
    ObjectStore store = CountingFileSystem.store();
    List<RangeTask> tasks = fourMembers().split(1 << 20);
    try (RangeComparison comparison = new RangeComparison(store, 64 << 20, AHEAD)) {
      for (RangeTask task : tasks) {
        comparison.run(task);
      }
      assertThat(tasks).hasSize(4);
      assertThat(CountingFileSystem.opened()).isEqualTo(4);
      assertThat(CountingFileSystem.open()).isEqualTo(4);
    }
    assertThat(CountingFileSystem.open()).isZero();
  }

  @Test
  void tasksAndResultsTravel() throws Exception {
    RangeTask task = fourMembers();
    assertThat(roundTrip(task)).isEqualTo(task);
    RangeResult result = run(task, 64 << 20, AHEAD);
    assertThat(roundTrip(result)).isEqualTo(result);
  }

  // float32 twice, a float32 copy with two changes, and int64 of the same numbers.
  private RangeTask fourMembers() throws IOException {
    ByteBuffer floats = ByteBuffer.allocate(4 * ELEMENTS).order(ByteOrder.LITTLE_ENDIAN);
    ByteBuffer shorts = ByteBuffer.allocate(2 * ELEMENTS).order(ByteOrder.LITTLE_ENDIAN);
    Random random = new Random(10);
    for (int i = 0; i < ELEMENTS; i++) {
      short number = (short) random.nextInt(-9, 9);
      floats.putFloat(4 * i, number);
      shorts.putShort(2 * i, number);
    }
    ByteBuffer changed = ByteBuffer.wrap(floats.array().clone()).order(ByteOrder.LITTLE_ENDIAN);
    changed.putFloat(4 * 1_500_001, floats.getFloat(4 * 1_500_001) - 5);
    changed.putFloat(4 * 3_000_000, floats.getFloat(4 * 3_000_000) + 2);
    Shape shape = Shape.of(ELEMENTS);
    List<Member> members =
        List.of(
            member(write("a", DType.FLOAT32, shape, floats.array(), LITTLE)),
            member(write("b", DType.FLOAT32, shape, floats.array(), LITTLE)),
            member(write("c", DType.FLOAT32, shape, changed.array(), LITTLE)),
            member(write("d", DType.INT16, shape, shorts.array(), LITTLE)));
    return RangeTask.whole(members, List.of(new Pair(0, 1), new Pair(1, 2), new Pair(3, 0)));
  }

  private static RangeTask wholeOf(TensorEntry tensor) {
    return RangeTask.whole(List.of(member(tensor)), List.of());
  }

  private static Member member(TensorEntry tensor) {
    return new Member(tensor.name(), tensor, DISTRIBUTED);
  }

  private TensorEntry write(
      String name, DType dtype, Shape shape, byte[] bytes, Storage.Order order) throws IOException {
    Path file = folder.resolve(name);
    try (var out = Files.newOutputStream(file)) {
      out.write(new byte[3]);
      out.write(bytes);
    }
    CRC32 crc = new CRC32();
    crc.update(bytes);
    Storage storage =
        new Storage(file.toString(), "storage", 3, bytes.length, order, crc.getValue());
    return TensorEntry.contiguous(name, dtype, shape, storage);
  }

  private RangeResult run(RangeTask task, long memory, ReadOptions read) throws IOException {
    return runAll(List.of(task), memory, read);
  }

  private RangeResult runSplit(RangeTask task, long split, long memory, ReadOptions read)
      throws IOException {
    List<RangeTask> tasks = new ArrayList<>(task.split(split));
    Collections.shuffle(tasks, new Random(12));
    return runAll(tasks, memory, read);
  }

  private RangeResult runAll(List<RangeTask> tasks, long memory, ReadOptions read)
      throws IOException {
    RangeResult merged = null;
    try (RangeComparison comparison = new RangeComparison(LocalFiles.STORE, memory, read)) {
      for (RangeTask part : tasks) {
        RangeResult result = comparison.run(part);
        merged = merged == null ? result : result.merge(merged);
      }
      assertThat(comparison.peakBytes()).isLessThanOrEqualTo(memory);
      bytesRead = comparison.bytesRead();
    }
    return merged;
  }

  private static Object roundTrip(Object value) throws IOException, ClassNotFoundException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(value);
    }
    try (ObjectInputStream in =
        new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
      return in.readObject();
    }
  }
}
