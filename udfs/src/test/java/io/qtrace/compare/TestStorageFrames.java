package io.qtrace.compare;

import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.arrow.ReadOptions;
import io.qtrace.format.Checkpoints;
import io.qtrace.format.FormatFixtures;
import io.qtrace.io.LocalFiles;
import io.qtrace.tensor.TensorEntry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Zips whose local headers lie about storages: PyTorch goes by them, the index by the directory.
 */
class TestStorageFrames {
  private static final int NAME = 30; // byte of the name in a local header

  @TempDir Path folder;
  private long bytesRead; // by the last run

  // Offsets are those of APPNOTE 4.3.7; 0xff for all bits of the byte there.
  @ParameterizedTest
  @CsvSource({
    "0, no local header",
    "6, its local header states other flags or another method",
    "8, its local header states other flags or another method",
    "14, its local header states another size or CRC",
    "18, its local header states another size or CRC",
    "26, its local header states another name",
    "36, its local header states another name",
  })
  void refusesALyingLocalHeaderWhenTheDataIsRead(int offset, String reason) throws Exception {
    refused("data/0", offset, 0xff, reason);
  }

  @Test
  void refusesALocalHeaderThatPutsTheDataElsewhere() throws Exception {
    refused("data/0", 28, 1, "bytes between its data and what follows, no descriptor");
    // 4 bytes back there is room for a descriptor of 64-bit sizes, but none stands there.
    refused("data/0", 28, 4, "its descriptor states another size or CRC");
  }

  @Test
  void refusesALyingDescriptorWhenTheDataIsRead() throws Exception {
    byte[] file = Files.readAllBytes(FormatFixtures.file("dtypes.pt"));
    int next = header(file, "data/1");
    file[next - 12] ^= 1; // CRC-32
    refused(file, "its descriptor states another size or CRC");
  }

  @Test
  void readsIntactFiles() throws Exception {
    byte[] file = Files.readAllBytes(FormatFixtures.file("dtypes.pt"));
    for (boolean ahead : new boolean[] {false, true}) {
      assertThat(read(file, ahead)).isEmpty();
      assertThat(bytesRead).isPositive();
    }
  }

  private void refused(String member, int offset, int mask, String reason) throws Exception {
    byte[] file = Files.readAllBytes(FormatFixtures.file("dtypes.pt"));
    file[header(file, member) + offset] ^= (byte) mask;
    refused(file, reason);
  }

  private void refused(byte[] file, String reason) throws IOException {
    for (boolean ahead : new boolean[] {false, true}) {
      assertThat(read(file, ahead))
          .singleElement(InstanceOfAssertFactories.STRING)
          .contains("file.pt")
          .contains("Invalid member 'dtypes/data/0'")
          .contains(reason);
    }
  }

  /** Indexes the bytes, which must go well, and reads every tensor; the failures of all. */
  private Set<String> read(byte[] bytes, boolean ahead) throws IOException {
    Path file = Files.write(folder.resolve("file.pt"), bytes);
    List<TensorEntry> tensors = new Checkpoints(LocalFiles.STORE).index(file.toString()).tensors();
    List<RangeTask> tasks =
        tensors.stream()
            .map(tensor -> new RangeTask.Member("m", tensor, Set.of(Measure.CRC)))
            .map(member -> RangeTask.whole(List.of(member), List.of()))
            .toList();
    Set<String> failures = new HashSet<>();
    try (RangeComparison reading =
        new RangeComparison(LocalFiles.STORE, 16 << 20, ReadOptions.LOCAL_DISK)) {
      if (ahead) {
        reading.run(tasks).forEach(result -> failures.addAll(result.failures().values()));
      } else {
        for (RangeTask task : tasks) {
          failures.addAll(reading.run(task).failures().values());
        }
      }
      bytesRead = reading.bytesRead();
    }
    return failures;
  }

  private static int header(byte[] file, String member) {
    int name = new String(file, StandardCharsets.ISO_8859_1).indexOf("dtypes/" + member);
    assertThat(name).isGreaterThan(NAME);
    return name - NAME;
  }
}
