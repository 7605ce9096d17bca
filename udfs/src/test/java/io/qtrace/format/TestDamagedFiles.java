package io.qtrace.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.qtrace.arrow.ReadOptions;
import io.qtrace.compare.Measure;
import io.qtrace.compare.RangeComparison;
import io.qtrace.compare.RangeTask;
import io.qtrace.compare.StorageCrc;
import io.qtrace.io.FormatException;
import io.qtrace.io.LocalFiles;
import io.qtrace.tensor.CheckpointIndex;
import io.qtrace.tensor.Storage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class TestDamagedFiles {
  private final Checkpoints checkpoints = new Checkpoints(LocalFiles.STORE);
  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"bare_tensor.pt", "legacy_nonzip.pt", "dtypes.safetensors"})
  void refusesEveryTruncation(String file) throws Exception {
    byte[] good = Files.readAllBytes(FormatFixtures.file(file));
    for (int length = 0; length < good.length; length++) {
      byte[] prefix = Arrays.copyOf(good, length);
      assertThatThrownBy(() -> index(file, prefix))
          .as("%d bytes of %s", length, file)
          .isInstanceOf(FormatException.class);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"bare_tensor.pt", "legacy_nonzip.pt", "dtypes.safetensors"})
  void readsOrRefusesEveryFlippedByte(String file) throws Exception {
    byte[] good = Files.readAllBytes(FormatFixtures.file(file));
    SplittableRandom random = new SplittableRandom(20260101);
    for (int at = 0; at < good.length; at++) {
      for (int mask : new int[] {0xff, 0x01, 1 + random.nextInt(255)}) {
        byte[] flipped = good.clone();
        flipped[at] ^= (byte) mask;
        readOrRefused(file, flipped, "byte " + at);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"legacy_nonzip_views.pt", "no_crc32.pt", "dtypes.safetensors"})
  void readsOrRefusesManyFlippedBytes(String file) throws Exception {
    byte[] good = Files.readAllBytes(FormatFixtures.file(file));
    SplittableRandom random = new SplittableRandom(20260102);
    for (int round = 0; round < 400; round++) {
      byte[] flipped = good.clone();
      for (int i = 0; i < 3; i++) {
        flipped[random.nextInt(good.length)] = (byte) random.nextInt(256);
      }
      readOrRefused(file, flipped, "round " + round);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"bare_tensor.pt", "module_state_dict_tied.pt"})
  void findsEveryFlippedByteThatACrcCovers(String file) throws Exception {
    byte[] good = Files.readAllBytes(FormatFixtures.file(file));
    readWhole(good);
    BitSet covered = covered(good);
    assertThat(covered.cardinality()).isGreaterThan(good.length / 10);
    covered.stream()
        .forEach(
            at -> {
              byte[] flipped = good.clone();
              flipped[at] ^= (byte) (1 << at % 8);
              assertThatThrownBy(() -> readWhole(flipped))
                  .as("byte %d of %s", at, file)
                  .isInstanceOf(FormatException.class);
            });
  }

  // The data of all members of a zip archive.
  private static BitSet covered(byte[] file) {
    ByteBuffer zip = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    BitSet covered = new BitSet();
    int end = file.length - 22;
    int entry = zip.getInt(end + 16);
    while (entry < end && zip.getInt(entry) == 0x02014b50) {
      int local = zip.getInt(entry + 42);
      int data = local + 30 + zip.getShort(local + 26) + zip.getShort(local + 28);
      covered.set(data, data + zip.getInt(entry + 20));
      entry += 46 + zip.getShort(entry + 28) + zip.getShort(entry + 30) + zip.getShort(entry + 32);
    }
    return covered;
  }

  // As inspect does.
  private void readWhole(byte[] bytes) throws IOException {
    Path file = Files.write(folder.resolve("whole.pt"), bytes);
    try (RangeComparison reading =
        new RangeComparison(LocalFiles.STORE, 16 << 20, ReadOptions.LOCAL_DISK)) {
      Set<Storage> storages = new LinkedHashSet<>();
      checkpoints.index(file.toString()).tensors().forEach(one -> storages.add(one.storage()));
      for (Storage storage : storages) {
        RangeTask.Member member =
            new RangeTask.Member("m", StorageCrc.wholeStorage(storage), Set.of(Measure.CRC));
        RangeTask task = RangeTask.whole(List.of(member), List.of());
        reading.run(task).members().get(0).crc().verify(storage);
      }
    } finally {
      Files.delete(file);
    }
  }

  // Any exception but a FormatException fails the test.
  private void readOrRefused(String name, byte[] bytes, String what) throws IOException {
    try {
      assertThat(index(name, bytes).tensors())
          .as(what)
          .allMatch(tensor -> tensor.bytes() >= 0)
          .allMatch(tensor -> tensor.storage().position() > 0)
          .allMatch(
              tensor -> tensor.storage().position() + tensor.storage().bytes() <= bytes.length);
    } catch (FormatException e) {
      assertThat(e).as(what).hasMessageContaining(name + ": at byte");
      assertThat(e.position()).as(what).isBetween(0L, (long) bytes.length);
    }
  }

  private CheckpointIndex index(String name, byte[] bytes) throws IOException {
    Path file = Files.write(folder.resolve(name), bytes);
    try {
      return checkpoints.index(file.toString());
    } finally {
      Files.delete(file); // writing over a file is what ext4 makes slow
    }
  }
}
