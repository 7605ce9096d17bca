package io.qtrace.format.pytorch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.qtrace.io.FormatException;
import io.qtrace.io.RangeReader;
import io.qtrace.tensor.CheckpointIndex;
import io.qtrace.tensor.CheckpointIndex.Skipped;
import io.qtrace.tensor.Storage;
import io.qtrace.tensor.TensorEntry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TestTorchReader {
  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "dtypes.pt",
        "views.pt",
        "module_state_dict_tied.pt",
        "parameters.pt",
        "trainer_nested.pt",
        "model_prefix.pt",
        "legacy_nonzip.pt",
        "legacy_nonzip_views.pt",
        "protocol4.pt",
        "no_crc32.pt",
        "names.pt"
      })
  void readsWhatPyTorchWrote(String file) throws Exception {
    JsonNode expected =
        new ObjectMapper().readTree(TorchFiles.FORMATS.resolve("expected.json").toFile()).get(file);
    try (RangeReader reader = TorchFiles.open(TorchFiles.FORMATS.resolve(file))) {
      CheckpointIndex index = TorchReader.index(reader);
      List<String> names = new ArrayList<>();
      expected.fieldNames().forEachRemaining(names::add);
      assertThat(index.skipped()).isEmpty();
      List<TensorEntry> model =
          index.tensors().stream().filter(tensor -> !isOptimizerState(tensor)).toList();
      assertThat(model.stream().map(TensorEntry::name)).containsExactlyInAnyOrderElementsOf(names);
      for (TensorEntry tensor : model) {
        JsonNode facts = expected.get(tensor.name());
        assertThat(tensor.dtype().label()).as(tensor.name()).isEqualTo(facts.get("dtype").asText());
        assertThat(tensor.shape().sizes()).as(tensor.name()).isEqualTo(longs(facts.get("shape")));
        assertThat(tensor.stride()).as(tensor.name()).isEqualTo(longs(facts.get("stride")));
        assertThat(tensor.offset()).as(tensor.name()).isEqualTo(facts.get("offset").asLong());
        assertThat(tensor.bytes()).as(tensor.name()).isEqualTo(facts.get("nbytes").asLong());
        assertThat(md5of16(gather(reader, tensor)))
            .as(tensor.name())
            .isEqualTo(facts.get("md5_16").asText());
      }
    }
  }

  @Test
  void findsTensorsBelowIntegerKeys() throws Exception {
    assertThat(TorchFiles.names(TorchFiles.index(TorchFiles.FORMATS.resolve("trainer_nested.pt"))))
        .contains("optimizer_state_dict.state.0.exp_avg", "optimizer_state_dict.state.1.step");
  }

  @Test
  void statesTheCrcOfEveryStorage() throws Exception {
    try (RangeReader reader = TorchFiles.open(TorchFiles.FORMATS.resolve("views.pt"))) {
      for (TensorEntry tensor : TorchReader.index(reader).tensors()) {
        Storage storage = tensor.storage();
        CRC32 crc32 = new CRC32();
        crc32.update(reader.read(storage.position(), (int) storage.bytes()));
        assertThat(storage.crc32()).as(tensor.name()).isEqualTo(crc32.getValue());
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"no_crc32.pt", "legacy_nonzip.pt"})
  void leavesStoragesUnverifiedWhereTheFileHasNoCrc(String file) throws Exception {
    assertThat(TorchFiles.index(TorchFiles.FORMATS.resolve(file)).tensors())
        .allMatch(tensor -> tensor.storage().crc32() == Storage.UNVERIFIED);
  }

  @Test
  void tensorsThatShareAStorageHaveEqualStorages() throws Exception {
    CheckpointIndex index =
        TorchFiles.index(TorchFiles.FORMATS.resolve("module_state_dict_tied.pt"));
    assertThat(tensor(index, "embed.weight").storage())
        .isEqualTo(tensor(index, "head.weight").storage());
  }

  @Test
  void namesABareTensorAndTheItemsOfAList() throws Exception {
    assertThat(TorchFiles.names(TorchFiles.index(TorchFiles.FORMATS.resolve("bare_tensor.pt"))))
        .containsExactly("tensor");
    assertThat(TorchFiles.names(TorchFiles.index(TorchFiles.FORMATS.resolve("list.pt"))))
        .containsExactly("0", "1.k");
  }

  @Test
  void namesTheTensorsOfAWholeModuleAsItsStateDictDoes() throws Exception {
    CheckpointIndex module = TorchFiles.index(TorchFiles.FORMATS.resolve("whole_module.pt"));
    CheckpointIndex stateDict =
        TorchFiles.index(TorchFiles.FORMATS.resolve("module_state_dict_tied.pt"));
    assertThat(TorchFiles.names(module))
        .containsExactlyInAnyOrderElementsOf(TorchFiles.names(stateDict));
  }

  @Test
  void skipsTensorsWithoutPlainElements() throws Exception {
    CheckpointIndex sparse = TorchFiles.index(TorchFiles.FORMATS.resolve("sparse.pt"));
    assertThat(TorchFiles.names(sparse)).containsExactly("d");
    assertThat(sparse.skipped()).containsExactly(new Skipped("sp", "sparse tensor"));
    CheckpointIndex quantized = TorchFiles.index(TorchFiles.FORMATS.resolve("quantized.pt"));
    assertThat(TorchFiles.names(quantized)).containsExactly("d");
    assertThat(quantized.skipped()).containsExactly(new Skipped("q", "quantized tensor"));
  }

  @Test
  void namesItsFormats() throws Exception {
    assertThat(TorchFiles.index(TorchFiles.FORMATS.resolve("views.pt")).format())
        .isEqualTo("torch-zip");
    assertThat(TorchFiles.index(TorchFiles.FORMATS.resolve("legacy_nonzip.pt")).format())
        .isEqualTo("torch-legacy");
  }

  @Test
  void readsByteOrder() throws Exception {
    byte[] pickle = PickleBytes.protocol2().tensor().stop();
    for (Storage.Order order : Storage.Order.values()) {
      byte[] word = order.name().toLowerCase(Locale.ROOT).getBytes(StandardCharsets.UTF_8);
      byte[] file =
          new ZipBytes()
              .add("a/data.pkl", pickle)
              .add("a/byteorder", word)
              .add("a/data/0", new byte[16])
              .end();
      assertThat(TorchFiles.index(folder, file).tensors().get(0).storage().order())
          .isEqualTo(order);
    }
    byte[] file =
        new ZipBytes().add("a/data.pkl", pickle).add("a/byteorder", new byte[] {'x'}).end();
    assertThatThrownBy(() -> TorchFiles.index(folder, file))
        .isInstanceOf(FormatException.class)
        .hasMessageContaining("expected the word little or the word big");
  }

  @Test
  void readsNoTensorDataOfALargeFile() throws Exception {
    byte[] pickle =
        PickleBytes.protocol2()
            .tensor("0", 4 << 20, 0, new long[] {4 << 20}, new long[] {1})
            .stop();
    byte[] file =
        new ZipBytes().add("a/data.pkl", pickle).add("a/data/0", new byte[16 << 20]).end();
    try (RangeReader reader = TorchFiles.open(Files.write(folder.resolve("large.pt"), file))) {
      assertThat(TorchReader.index(reader).tensors()).hasSize(1);
      assertThat(reader.bytesRead()).isLessThan(70_000);
    }
  }

  @Test
  void aFileWithoutTensorsIsEmpty() throws Exception {
    byte[] file = ZipBytes.checkpoint(PickleBytes.protocol2().op('}').stop());
    assertThat(TorchFiles.index(folder, file).tensors()).isEmpty();
  }

  @Test
  void tellsZipAndLegacyByTheirFirstBytes() throws Exception {
    assertThat(TorchReader.isZip(head("views.pt"))).isTrue();
    assertThat(TorchReader.isLegacy(head("views.pt"))).isFalse();
    assertThat(TorchReader.isZip(head("legacy_nonzip.pt"))).isFalse();
    assertThat(TorchReader.isLegacy(head("legacy_nonzip.pt"))).isTrue();
    assertThat(TorchReader.isLegacy(latin1("cos\nsystem\n(S'x'"))).isTrue();
    assertThat(TorchReader.isLegacy(latin1("L119547037146038"))).isTrue();
    assertThat(TorchReader.isZip(new byte[0])).isFalse();
    assertThat(TorchReader.isLegacy(new byte[0])).isFalse();
  }

  @ParameterizedTest
  @ValueSource(ints = {0x280, 0x2864, 0x6428, 0x0a4163})
  void neverTakesSafetensorsForAPickle(int headerBytes) {
    byte[] head = new byte[16];
    for (int i = 0; i < 4; i++) {
      head[i] = (byte) (headerBytes >>> (8 * i));
    }
    head[8] = '{';
    assertThat(TorchReader.isLegacy(head)).isFalse();
  }

  @Test
  void refusesOtherFilesByName() throws Exception {
    byte[] tar = new byte[1024];
    System.arraycopy(latin1("ustar"), 0, tar, 257, 5);
    refused(tar, "a tar archive");
    refused(latin1("7z\u00bc\u00af'\u001c and more"), "a 7z archive");
    refused(new byte[0], "an empty file");
    refused(latin1("hello"), "neither a zip archive nor a pickle");
    byte[] nothing = new byte[1];
    refused(
        new ZipBytes().add("m/data.pkl", nothing).add("m/constants.pkl", nothing).end(),
        "a TorchScript archive");
    refused(
        new ZipBytes()
            .add("m/data.pkl", nothing)
            .add("m/code/m.py", "m/code/m.py", nothing, 8, 1)
            .end(),
        "a TorchScript archive");
    refused(new ZipBytes().add("MAR-INF/MANIFEST.json", nothing).end(), "a TorchServe model");
    refused(new ZipBytes().add("x.npy", nothing).end(), "a NumPy archive");
    refused(new ZipBytes().add("x/y", nothing).end(), "a zip archive without data.pkl");
    refused(new ZipBytes().end(), "a zip archive without data.pkl");
  }

  private void refused(byte[] bytes, String kind) {
    assertThatThrownBy(() -> TorchFiles.index(folder, bytes))
        .isInstanceOf(FormatException.class)
        .hasMessageContaining("file.pt")
        .hasMessageContaining("Unsupported file: " + kind);
  }

  private static TensorEntry tensor(CheckpointIndex index, String name) {
    return index.tensors().stream()
        .filter(tensor -> tensor.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  // expected.json has the model of trainer_nested.pt only.
  private static boolean isOptimizerState(TensorEntry tensor) {
    return tensor.name().startsWith("optimizer_state_dict.");
  }

  // Element by element in C order.
  private static byte[] gather(RangeReader reader, TensorEntry tensor) throws IOException {
    byte[] data = reader.read(tensor.storage().position(), (int) tensor.storage().bytes());
    ByteArrayOutputStream gathered = new ByteArrayOutputStream();
    int rank = tensor.shape().rank();
    for (long i = 0; i < tensor.elements(); i++) {
      long rest = i;
      long element = tensor.offset();
      for (int d = rank - 1; d >= 0; d--) {
        element += rest % tensor.shape().sizes().get(d) * tensor.stride().get(d);
        rest /= tensor.shape().sizes().get(d);
      }
      gathered.write(data, (int) element * tensor.dtype().bytes(), tensor.dtype().bytes());
    }
    return gathered.toByteArray();
  }

  private static String md5of16(byte[] bytes) throws NoSuchAlgorithmException {
    byte[] md5 = MessageDigest.getInstance("MD5").digest(bytes);
    return HexFormat.of().formatHex(md5).substring(0, 16);
  }

  private static List<Long> longs(JsonNode array) {
    List<Long> longs = new ArrayList<>();
    array.forEach(item -> longs.add(item.asLong()));
    return longs;
  }

  private static byte[] head(String file) throws IOException {
    try (RangeReader reader = TorchFiles.open(TorchFiles.FORMATS.resolve(file))) {
      return reader.read(0, 16);
    }
  }

  private static byte[] latin1(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }
}
