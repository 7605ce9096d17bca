package io.qtrace.format.pytorch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.qtrace.io.FormatException;
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
  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"bare_tensor.pt", "legacy_nonzip.pt"})
  void refusesEveryTruncation(String file) throws Exception {
    byte[] good = Files.readAllBytes(TorchFiles.FORMATS.resolve(file));
    for (int length = 0; length < good.length; length++) {
      byte[] prefix = Arrays.copyOf(good, length);
      assertThatThrownBy(() -> TorchFiles.index(folder, prefix))
          .as("%d bytes of %s", length, file)
          .isInstanceOf(FormatException.class);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"bare_tensor.pt", "legacy_nonzip.pt"})
  void readsOrRefusesEveryFlippedByte(String file) throws Exception {
    byte[] good = Files.readAllBytes(TorchFiles.FORMATS.resolve(file));
    SplittableRandom random = new SplittableRandom(20260101);
    for (int at = 0; at < good.length; at++) {
      byte[] flipped = good.clone();
      flipped[at] ^= (byte) (1 + random.nextInt(255));
      readOrRefused(flipped, "byte " + at);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"legacy_nonzip_views.pt", "no_crc32.pt"})
  void readsOrRefusesManyFlippedBytes(String file) throws Exception {
    byte[] good = Files.readAllBytes(TorchFiles.FORMATS.resolve(file));
    SplittableRandom random = new SplittableRandom(20260102);
    for (int round = 0; round < 400; round++) {
      byte[] flipped = good.clone();
      for (int i = 0; i < 3; i++) {
        flipped[random.nextInt(good.length)] = (byte) random.nextInt(256);
      }
      readOrRefused(flipped, "round " + round);
    }
  }

  // Any exception but a FormatException fails the test.
  private void readOrRefused(byte[] bytes, String what) throws IOException {
    try {
      CheckpointIndex index = TorchFiles.index(folder, bytes);
      assertThat(index.tensors())
          .as(what)
          .allMatch(tensor -> tensor.bytes() >= 0)
          .allMatch(
              tensor -> tensor.storage().position() + tensor.storage().bytes() <= bytes.length);
    } catch (FormatException e) {
      assertThat(e).as(what).hasMessageContaining("file.pt: at byte");
    }
  }
}
