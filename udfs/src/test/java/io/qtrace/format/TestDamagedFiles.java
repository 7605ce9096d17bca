package io.qtrace.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.qtrace.io.FormatException;
import io.qtrace.io.LocalFiles;
import io.qtrace.tensor.CheckpointIndex;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
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
