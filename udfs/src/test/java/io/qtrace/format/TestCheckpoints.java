package io.qtrace.format;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.qtrace.io.FormatException;
import io.qtrace.io.LocalFiles;
import io.qtrace.tensor.CheckpointIndex;
import io.qtrace.tensor.TensorEntry;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TestCheckpoints {
  private final Checkpoints checkpoints = new Checkpoints(LocalFiles.STORE);
  @TempDir private Path folder;

  @Test
  void knowsSafetensorsByTheirBytesWhateverTheName() throws Exception {
    Path renamed = SafetensorsFiles.write(folder.resolve("model.bin"), "a", "b");
    CheckpointIndex index = checkpoints.index(renamed.toString());
    assertThat(index.format()).isEqualTo("safetensors");
    assertThat(index.tensors()).extracting(TensorEntry::name).containsExactly("a", "b");
  }

  @Test
  void knowsSafetensorsWhoseHeaderIsPadded() throws Exception {
    Path file = folder.resolve("padded.bin");
    byte[] header = "  {}".getBytes(UTF_8);
    Files.write(file, new byte[] {(byte) header.length, 0, 0, 0, 0, 0, 0, 0});
    Files.write(file, header, StandardOpenOption.APPEND);
    assertThat(checkpoints.index(file.toString()).tensors()).isEmpty();
  }

  // A header of 640 bytes begins as a pickle of protocol 2 does.
  @ParameterizedTest
  @ValueSource(ints = {0x280, 0x2864, 0x6428, 0x0a4163})
  void neverTakesSafetensorsForAPickle(int headerBytes) throws Exception {
    for (String header : new String[] {"{}", "\n  {}", " ".repeat(600) + "{}"}) {
      ByteBuffer bytes =
          ByteBuffer.allocate(8 + headerBytes)
              .order(ByteOrder.LITTLE_ENDIAN)
              .putLong(headerBytes)
              .put((header + " ".repeat(headerBytes - header.length())).getBytes(UTF_8));
      Path file = Files.write(folder.resolve("padded.pt"), bytes.array());
      assertThat(checkpoints.index(file.toString()).format()).isEqualTo("safetensors");
    }
  }

  @Test
  void countsTheBytesThatItReads() throws Exception {
    checkpoints.index(FormatFixtures.file("empty.safetensors").toString());
    long once = checkpoints.bytesRead();
    checkpoints.index(FormatFixtures.file("empty.safetensors").toString());
    assertThat(once).isPositive();
    assertThat(checkpoints.bytesRead()).isEqualTo(2 * once);
  }

  @ParameterizedTest
  @CsvSource({
    "37 7a bc af 27 1c, 7z archive, unpack",
    "1f 8b 08, gzip data, decompress",
    "28 b5 2f fd, zstd data, decompress",
    "89 48 44 46 0d 0a 1a 0a, HDF5 file, convert",
    "47 47 55 46 03 00 00 00, GGUF file, made from",
    "08 07 12 07 70 79, ONNX model, exported from",
    "93 4e 55 4d 50 59 01 00, NumPy array, convert",
    "80 04 7d 2e, plain Python pickle, torch.save",
    "3c 21 44 4f 43, web page, download it again",
    "7b 22 61 22 3a 31 7d, JSON text, named *.json",
    "00, of no known format, torch.save"
  })
  void refusesWhatIsNoCheckpointByName(String head, String name, String remedy) throws Exception {
    byte[] bytes = Arrays.copyOf(HexFormat.ofDelimiter(" ").parseHex(head), 300);
    Path file = Files.write(folder.resolve("model.pt"), bytes);
    assertThatThrownBy(() -> checkpoints.index(file.toString()))
        .isInstanceOf(FormatException.class)
        .hasMessageContaining("model.pt: at byte 0: Unsupported file: it is")
        .hasMessageContaining(name)
        .hasMessageContaining(remedy);
  }

  @Test
  void refusesTar() throws Exception {
    byte[] bytes = new byte[1024];
    System.arraycopy("ustar".getBytes(UTF_8), 0, bytes, 257, 5);
    Path file = Files.write(folder.resolve("old.pt"), bytes);
    assertThatThrownBy(() -> checkpoints.index(file.toString()))
        .isInstanceOf(FormatException.class)
        .hasMessageContaining("a tar archive; unpack it");
  }

  @Test
  void refusesGitLfsPointersAndEmptyFilesUnderAnyName() throws Exception {
    String pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n";
    for (String name : new String[] {"a.pt", "a.safetensors", "a.json"}) {
      Path file = Files.writeString(folder.resolve(name), pointer);
      assertThatThrownBy(() -> checkpoints.index(file.toString()))
          .isInstanceOf(FormatException.class)
          .hasMessageContaining("git-lfs pointer")
          .hasMessageContaining("git lfs pull");
      Files.write(file, new byte[0]);
      assertThatThrownBy(() -> checkpoints.index(file.toString()))
          .isInstanceOf(FormatException.class)
          .hasMessageContaining("an empty file");
    }
  }

  @Test
  void leavesErrorsOfDamagedFilesToTheReader() throws Exception {
    Path file = Files.write(folder.resolve("a.safetensors"), new byte[] {1, 2, 3});
    assertThatThrownBy(() -> checkpoints.index(file.toString()))
        .isInstanceOf(FormatException.class)
        .hasMessageContaining("Invalid file: 3 bytes, expected 8 or more");
  }
}
