package io.qtrace.format.pytorch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.qtrace.arrow.ReadOptions;
import io.qtrace.compare.Measure;
import io.qtrace.compare.MemberPartial;
import io.qtrace.compare.RangeComparison;
import io.qtrace.compare.RangeResult;
import io.qtrace.compare.RangeTask;
import io.qtrace.compare.StorageCrc;
import io.qtrace.format.CheckpointWriter;
import io.qtrace.format.Checkpoints;
import io.qtrace.format.FormatFixtures;
import io.qtrace.format.StoredTensors;
import io.qtrace.format.WriteOptions;
import io.qtrace.io.FormatException;
import io.qtrace.io.LocalFiles;
import io.qtrace.tensor.CheckpointIndex;
import io.qtrace.tensor.StateDict;
import io.qtrace.tensor.Storage;
import io.qtrace.tensor.TensorEntry;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Enumeration;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Archives that were compressed after PyTorch wrote them, which its own reader takes. */
class TestDeflatedZip {
  private static final byte[] PICKLE = PickleBytes.protocol2().tensor().stop();

  private final Checkpoints checkpoints = new Checkpoints(LocalFiles.STORE);
  @TempDir private Path folder;

  // Java writes descriptors after the data.
  @ParameterizedTest
  @ValueSource(strings = {"views.pt", "dtypes.pt", "parameters.pt", "trainer_nested.pt"})
  void tensorsAreThoseOfTheStoredFile(String fixture) throws Exception {
    Path file = deflated(FormatFixtures.file(fixture));
    CheckpointIndex index = checkpoints.index(file.toString());
    CheckpointIndex stored = TorchFiles.index(fixture);
    assertThat(TorchFiles.names(index)).isEqualTo(TorchFiles.names(stored));
    assertThat(index.skipped()).isEqualTo(stored.skipped());
    assertThat(index.notes()).singleElement().asString().startsWith("the archive is compressed");
    JsonNode expected = FormatFixtures.expected().get(fixture);
    try (RangeComparison comparison = comparison()) {
      for (TensorEntry tensor : index.tensors()) {
        assertThat(tensor.storage().isDeflated()).isTrue();
        JsonNode facts = expected.get(tensor.name());
        if (facts != null) {
          assertThat(measured(comparison, tensor, Measure.MD5).md5Prefix())
              .as(tensor.name())
              .isEqualTo(facts.get("md5_16").asText());
        }
        Storage storage = tensor.storage();
        measured(comparison, StorageCrc.wholeStorage(storage), Measure.CRC).crc().verify(storage);
      }
    }
  }

  @Test
  void aLargeTensorIsReadInWindows() throws Exception {
    float[] numbers = new float[3_000_001];
    Random random = new Random(20260301);
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = random.nextInt(1000);
    }
    ByteBuffer content = ByteBuffer.allocate(4 * numbers.length).order(ByteOrder.LITTLE_ENDIAN);
    content.asFloatBuffer().put(numbers);
    long[] size = {numbers.length};
    byte[] pickle = PickleBytes.protocol2().tensor("0", size[0], 0, size, new long[] {1}).stop();
    byte[] plain = new ZipBytes().add("a/data.pkl", pickle).add("a/data/0", content.array()).end();
    byte[] packed =
        new ZipBytes().deflated("a/data.pkl", pickle).deflated("a/data/0", content.array()).end();
    TensorEntry stored = only(Files.write(folder.resolve("stored.pt"), plain));
    TensorEntry deflated = only(Files.write(folder.resolve("deflated.pt"), packed));
    assertThat(packed.length).isLessThan(plain.length);

    Set<Measure> measures = Set.of(Measure.FINGERPRINT, Measure.CRC, Measure.STATS);
    RangeTask task =
        RangeTask.whole(
            List.of(
                new RangeTask.Member("stored", stored, measures),
                new RangeTask.Member("deflated", deflated, measures)),
            List.of(new RangeTask.Pair(0, 1)));
    try (RangeComparison comparison =
        new RangeComparison(LocalFiles.STORE, 1 << 20, ReadOptions.LOCAL_DISK)) {
      RangeResult result = comparison.run(task);
      assertThat(result.failures()).isEmpty();
      assertThat(result.pairs().get(0).identical()).isTrue();
      assertThat(result.members().get(1).fingerprint(deflated))
          .isEqualTo(result.members().get(0).fingerprint(stored));
      result.members().get(1).crc().verify(deflated.storage());
      // One pass over both files, whatever the number of windows.
      assertThat(comparison.bytesRead()).isLessThan(plain.length + packed.length + 1000L);
      // Ranges may be read anywhere and in any order.
      RangeTask last = task.split(RangeTask.ALIGNMENT).get(2);
      assertThat(comparison.run(last).pairs().get(0).identical()).isTrue();
    }
  }

  @Test
  void copiesAreWrittenUncompressed() throws Exception {
    Path file = deflated(FormatFixtures.file("views.pt"));
    String copy = folder.resolve("copy.pt").toString();
    try (StoredTensors tensors = new StoredTensors(LocalFiles.STORE)) {
      StateDict state =
          new StateDict(
              checkpoints.index(file.toString()).tensors().stream().map(tensors::view).toList());
      new CheckpointWriter(LocalFiles.STORE).write(copy, state, WriteOptions.replacing(copy));
    }
    CheckpointIndex index = checkpoints.index(copy);
    assertThat(index.notes()).isEmpty();
    JsonNode expected = FormatFixtures.expected().get("views.pt");
    try (RangeComparison comparison = comparison()) {
      for (TensorEntry tensor : index.tensors()) {
        assertThat(measured(comparison, tensor, Measure.MD5).md5Prefix())
            .isEqualTo(expected.get(tensor.name()).get("md5_16").asText());
      }
    }
  }

  @Test
  void refusesAPickleThatExpandsToAnotherSize() {
    byte[] stream = ZipBytes.deflate(PICKLE);
    int crc32 = ZipBytes.crc32(PICKLE);
    refused(stream, PICKLE.length - 1, crc32, "it expands to more than");
    refused(stream, PICKLE.length + 1, crc32, "it expands to %d bytes".formatted(PICKLE.length));
    refused(stream, PICKLE.length, crc32 + 1, "'a/data.pkl': CRC-32");
    byte[] cut = Arrays.copyOf(stream, stream.length - 1);
    refused(cut, PICKLE.length, crc32, "it is cut off after");
    byte[] longer = Arrays.copyOf(stream, stream.length + 3);
    refused(longer, PICKLE.length, crc32, "it ends 3 bytes before its member does");
    refused(new byte[] {7, 7, 7}, PICKLE.length, crc32, "it is damaged");
    refused(new byte[0], PICKLE.length, crc32, "0 deflated bytes cannot expand to");
  }

  // Only the sizes are looked at: nothing is inflated.
  @Test
  void refusesBombs() {
    byte[] stream = ZipBytes.deflate(new byte[1 << 20]);
    refused(stream, Integer.MAX_VALUE, 0, "deflated bytes cannot expand to 2147483647");
    byte[] large = ZipBytes.deflate(new byte[200 << 20]);
    refused(large, 200 << 20, 0, "209715200 bytes, expected at most 134217728");
    ZipBytes many = new ZipBytes().add("a/data.pkl", PICKLE);
    for (int i = 0; i < 6; i++) {
      many.deflated("a/data/" + i, large, 200 << 20, 0);
    }
    assertThatThrownBy(() -> TorchFiles.index(folder, many.end()))
        .isInstanceOf(FormatException.class)
        .hasMessageContaining("Unsupported archive: its members expand to more than 1073741824");
  }

  @Test
  void storagesThatExpandToAnotherSizeFailWhereTheyAreRead() throws Exception {
    byte[] content = new byte[16];
    byte[] stream = ZipBytes.deflate(new byte[17]);
    byte[] file =
        new ZipBytes()
            .add("a/data.pkl", PICKLE)
            .deflated("a/data/0", stream, 16, ZipBytes.crc32(content))
            .end();
    TensorEntry tensor = only(Files.write(folder.resolve("file.pt"), file));
    RangeTask.Member member = new RangeTask.Member("w", tensor, Set.of(Measure.CRC));
    try (RangeComparison comparison = comparison()) {
      assertThat(comparison.run(RangeTask.whole(List.of(member), List.of())).failures().values())
          .singleElement()
          .asString()
          .contains("file.pt: at byte", "Invalid deflate stream: it expands to more than 16 bytes");
    }
    assertThatThrownBy(
            () -> {
              try (StoredTensors tensors = new StoredTensors(LocalFiles.STORE)) {
                tensors.view(tensor).storage().read(0, ByteBuffer.allocate(16));
              }
            })
        .isInstanceOf(FormatException.class)
        .hasMessageContaining("expands to more than 16 bytes");
  }

  @Test
  void readsOrRefusesEveryFlippedByte() throws Exception {
    byte[] good =
        new ZipBytes().deflated("a/data.pkl", PICKLE).deflated("a/data/0", new byte[16]).end();
    for (int at = 0; at < good.length; at++) {
      for (int bit = 0; bit < 8; bit++) {
        byte[] flipped = good.clone();
        flipped[at] ^= (byte) (1 << bit);
        try {
          TorchFiles.index(folder, flipped);
        } catch (FormatException e) {
          assertThat(e.position()).isBetween(0L, (long) good.length);
        }
      }
    }
  }

  @Test
  void largeStridedViewsOfCompressedStoragesAreLeftOut() throws Exception {
    int rows = 1500;
    byte[] content = new byte[4 * rows * 3000];
    long[] shape = {3000, rows};
    byte[] pickle =
        PickleBytes.protocol2().tensor("0", 3000L * rows, 0, shape, new long[] {1, 3000}).stop();
    CheckpointIndex index =
        TorchFiles.index(
            folder, new ZipBytes().add("a/data.pkl", pickle).deflated("a/data/0", content).end());
    assertThat(index.tensors()).isEmpty();
    assertThat(index.skipped().get(0).reason())
        .isEqualTo("a view of a compressed storage, with strides [1, 3000]");
  }

  private void refused(byte[] stream, int content, int crc32, String reason) {
    byte[] file =
        new ZipBytes()
            .deflated("a/data.pkl", stream, content, crc32)
            .add("a/data/0", new byte[16])
            .end();
    assertThatThrownBy(() -> TorchFiles.index(folder, file))
        .isInstanceOf(FormatException.class)
        .hasMessageContaining("file.pt")
        .hasMessageContaining(reason);
  }

  private TensorEntry only(Path file) throws IOException {
    return checkpoints.index(file.toString()).tensors().get(0);
  }

  private Path deflated(Path stored) throws IOException {
    Path file = folder.resolve("deflated_" + stored.getFileName());
    try (ZipFile from = new ZipFile(stored.toFile());
        ZipOutputStream to = new ZipOutputStream(Files.newOutputStream(file))) {
      Enumeration<? extends ZipEntry> entries = from.entries();
      while (entries.hasMoreElements()) {
        ZipEntry entry = entries.nextElement();
        to.putNextEntry(new ZipEntry(entry.getName()));
        try (InputStream data = from.getInputStream(entry)) {
          data.transferTo(to);
        }
        to.closeEntry();
      }
    }
    return file;
  }

  private static RangeComparison comparison() {
    return new RangeComparison(LocalFiles.STORE, 4 << 20, ReadOptions.LOCAL_DISK);
  }

  private static MemberPartial measured(
      RangeComparison comparison, TensorEntry tensor, Measure measure) throws IOException {
    RangeTask.Member member = new RangeTask.Member(tensor.name(), tensor, Set.of(measure));
    return comparison.run(RangeTask.whole(List.of(member), List.of())).members().get(0);
  }
}
