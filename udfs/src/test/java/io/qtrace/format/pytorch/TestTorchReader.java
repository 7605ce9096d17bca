package io.qtrace.format.pytorch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.qtrace.format.FormatFixtures;
import io.qtrace.io.FormatException;
import io.qtrace.io.LocalFiles;
import io.qtrace.io.RangeReader;
import io.qtrace.io.ReadBudget;
import io.qtrace.io.ReadLimits;
import io.qtrace.tensor.CheckpointIndex;
import io.qtrace.tensor.CheckpointIndex.Skipped;
import io.qtrace.tensor.Storage;
import io.qtrace.tensor.TensorEntry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TestTorchReader {
  @TempDir Path folder;

  @Test
  void findsTensorsBelowIntegerKeys() throws Exception {
    assertThat(TorchFiles.names(TorchFiles.index("trainer_nested.pt")))
        .contains("optimizer_state_dict.state.0.exp_avg", "optimizer_state_dict.state.1.step");
  }

  @Test
  void statesTheCrcOfEveryStorage() throws Exception {
    try (RangeReader reader = LocalFiles.open(FormatFixtures.file("views.pt"))) {
      for (TensorEntry tensor :
          TorchReader.indexZip(reader, new ReadBudget(ReadLimits.DEFAULT), new PickledGlobals())
              .tensors()) {
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
    assertThat(TorchFiles.index(file).tensors())
        .allMatch(tensor -> tensor.storage().crc32() == Storage.UNVERIFIED);
  }

  @Test
  void tensorsThatShareAStorageHaveEqualStorages() throws Exception {
    CheckpointIndex index = TorchFiles.index("module_state_dict_tied.pt");
    assertThat(tensor(index, "embed.weight").storage())
        .isEqualTo(tensor(index, "head.weight").storage());
  }

  @Test
  void findsStateDictsWithinDicts() throws Exception {
    assertThat(TorchFiles.index("trainer_nested.pt").sections())
        .containsExactly("model_state_dict");
    assertThat(TorchFiles.index("module_state_dict_tied.pt").sections()).isEmpty();
    assertThat(TorchFiles.index("whole_module.pt").sections()).isEmpty();
  }

  @Test
  void namesABareTensorAndTheItemsOfAList() throws Exception {
    assertThat(TorchFiles.names(TorchFiles.index("bare_tensor.pt"))).containsExactly("tensor");
    assertThat(TorchFiles.names(TorchFiles.index("list.pt"))).containsExactly("0", "1.k");
  }

  @Test
  void namesTheTensorsOfAWholeModuleAsItsStateDictDoes() throws Exception {
    CheckpointIndex module = TorchFiles.index("whole_module.pt");
    CheckpointIndex stateDict = TorchFiles.index("module_state_dict_tied.pt");
    assertThat(TorchFiles.names(module))
        .containsExactlyInAnyOrderElementsOf(TorchFiles.names(stateDict));
  }

  @Test
  void skipsTensorsWithoutPlainElements() throws Exception {
    CheckpointIndex sparse = TorchFiles.index("sparse.pt");
    assertThat(TorchFiles.names(sparse)).containsExactly("d");
    assertThat(sparse.skipped()).containsExactly(new Skipped("sp", "sparse tensor"));
    CheckpointIndex quantized = TorchFiles.index("quantized.pt");
    assertThat(TorchFiles.names(quantized)).containsExactly("d");
    assertThat(quantized.skipped()).containsExactly(new Skipped("q", "quantized tensor"));
  }

  @Test
  void namesItsFormats() throws Exception {
    assertThat(TorchFiles.index("views.pt").format()).isEqualTo("torch-zip");
    assertThat(TorchFiles.index("legacy_nonzip.pt").format()).isEqualTo("torch-legacy");
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
    try (RangeReader reader = LocalFiles.open(Files.write(folder.resolve("large.pt"), file))) {
      assertThat(
              TorchReader.indexZip(reader, new ReadBudget(ReadLimits.DEFAULT), new PickledGlobals())
                  .tensors())
          .hasSize(1);
      assertThat(reader.bytesRead()).isLessThan(70_000);
    }
  }

  @Test
  void aFileWithoutTensorsIsEmpty() throws Exception {
    byte[] file = ZipBytes.checkpoint(PickleBytes.protocol2().op('}').stop());
    assertThat(TorchFiles.index(folder, file).tensors()).isEmpty();
  }

  @Test
  void distinguishesZipAndLegacyByTheirFirstBytes() throws Exception {
    assertThat(TorchReader.isZip(head("views.pt"))).isTrue();
    assertThat(TorchReader.isLegacy(head("views.pt"))).isFalse();
    assertThat(TorchReader.isZip(head("legacy_nonzip.pt"))).isFalse();
    assertThat(TorchReader.isLegacy(head("legacy_nonzip.pt"))).isTrue();
    assertThat(TorchReader.isLegacy(latin1("cos\nsystem\n(S'x'"))).isTrue();
    assertThat(TorchReader.isLegacy(latin1("L119547037146038"))).isTrue();
    assertThat(TorchReader.isZip(new byte[0])).isFalse();
    assertThat(TorchReader.isLegacy(new byte[0])).isFalse();
  }

  @Test
  void refusesOtherArchivesByName() throws Exception {
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
        .hasMessageContaining("Unsupported file: it is " + kind);
  }

  private static TensorEntry tensor(CheckpointIndex index, String name) {
    return index.tensors().stream()
        .filter(tensor -> tensor.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private static byte[] head(String file) throws IOException {
    try (RangeReader reader = LocalFiles.open(FormatFixtures.file(file))) {
      return reader.read(0, 16);
    }
  }

  private static byte[] latin1(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }
}
