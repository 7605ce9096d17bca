package io.qtrace.job.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.qtrace.format.CheckpointWriter;
import io.qtrace.format.Checkpoints;
import io.qtrace.format.StoredTensors;
import io.qtrace.format.WriteOptions;
import io.qtrace.io.ByteSource;
import io.qtrace.io.ObjectStore;
import io.qtrace.job.Sample;
import io.qtrace.kernel.Kernels;
import io.qtrace.tensor.DType;
import io.qtrace.tensor.Shape;
import io.qtrace.tensor.StateDict;
import io.qtrace.tensor.StateDict.Tensor;
import io.qtrace.tensor.TensorEntry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TestBakeCommand {
  private static final String LONG = "srLUT-004_all_alpaca_M2p0_lr1e5_from_best/";
  private static final String TRAINED = Sample.run(LONG + "checkpoint_step200.pt");
  private static final String BAKED = Sample.run(LONG + "baked_step200.pt");
  private static final String SYNCED = Sample.run("srLUT-004s_synced/synced_step200.pt");
  private static final String REFRESHED = Sample.run("srLUT-004s_synced/lut_refreshed_step200.pt");
  private static final String LAYER = "model.layers.0.self_attn.q_proj";
  private static final ObjectStore STORE = new ObjectStore(new Configuration());

  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"baked.pt", "baked.safetensors"})
  void bakesAsTheRecipe(String name) throws IOException {
    Path dest = folder.resolve("deep/er").resolve(name);
    JsonNode said = done("bake", TRAINED, dest.toString());
    assertThat(contents(dest.toString())).isEqualTo(contents(BAKED));
    if (name.endsWith(".pt")) {
      assertThat(names(dest.toString())).isEqualTo(names(BAKED)); // the order too
    }
    assertThat(said.get("layers")).hasSize(14);
    double drift = 0;
    for (JsonNode layer : said.get("layers")) {
      drift = Math.max(drift, layer.get("drift").asDouble());
      assertThat(layer.get("changed_elements").asLong()).isPositive();
    }
    assertThat(drift).isEqualTo(0.00634765625);
  }

  @Test
  void exactBakeIsTheTableOfTraining() throws IOException {
    Path dest = folder.resolve("exact.pt");
    JsonNode said = done("bake", TRAINED, dest.toString(), "--lut-max-abs", "2.0", "--exact");
    assertThat(said.get("layers"))
        .hasSize(14)
        .allSatisfy(layer -> assertThat(layer.get("drift").doubleValue()).isZero());
    // srLUT-004s brought the tables up to the deltas as training uses them.
    Map<String, String> expected = contents(SYNCED);
    expected.keySet().removeIf(tensor -> tensor.endsWith("_lut_raw_deltas"));
    assertThat(contents(dest.toString())).isEqualTo(expected);
  }

  @Test
  void maxAbsOfTrainingDecidesTheExactBake() throws IOException {
    Path dest = folder.resolve("other.pt");
    done("bake", TRAINED, dest.toString(), "--lut-max-abs", "1.5", "--exact");
    assertThat(contents(dest.toString()).get(LAYER + ".lut"))
        .isNotEqualTo(contents(SYNCED).get(LAYER + ".lut"));
  }

  @Test
  void syncRefreshesAndSyncs() throws IOException {
    Path refreshed = folder.resolve("refreshed.pt");
    done("sync", TRAINED, refreshed.toString(), "--refresh-lut");
    assertThat(contents(refreshed.toString())).isEqualTo(contents(SYNCED));
    assertThat(contents(refreshed.toString()).get(LAYER + ".lut"))
        .isEqualTo(contents(REFRESHED).get(LAYER + ".lut"));
    assertThat(names(refreshed.toString())).isEqualTo(names(SYNCED));

    Path synced = folder.resolve("synced.pt");
    done("sync", REFRESHED, synced.toString());
    assertThat(contents(synced.toString())).isEqualTo(contents(SYNCED));
    assertThat(synced).hasSameBinaryContentAs(refreshed);
  }

  @Test
  void syncChangesNothingIfAlreadyInSync() throws IOException {
    Path dest = folder.resolve("same.pt");
    JsonNode said = done("sync", BAKED, dest.toString());
    assertThat(contents(dest.toString())).isEqualTo(contents(BAKED));
    assertThat(said.get("layers")).hasSize(14);
    for (JsonNode layer : said.get("layers")) {
      assertThat(layer.get("changed_elements").asLong()).isZero();
      assertThat(layer.get("lut_max_change").asDouble()).isZero();
      assertThat(layer.get("drift").isNull()).isTrue();
    }
  }

  @Test
  void reportsWhatChanged() {
    Path dest = folder.resolve("b.pt");
    CommandRun run = CommandRun.of("bake", TRAINED, dest.toString());
    assertThat(run.err()).isEmpty();
    assertThat(run.out())
        .startsWith("layer ")
        .contains(LAYER)
        .contains("LUT changed in 14 of 14 layers, _Q in 14; largest drift 0.00634765625\n")
        .contains("Wrote " + dest.toUri() + ": 123 tensors, ");
  }

  @Test
  void countsExactlyTheElementsThatChange() throws IOException {
    Path stale = edited(BAKED, LAYER + "._Q", bytes -> flip(bytes, 0, 4, 8000));
    JsonNode said = done("sync", stale.toString(), folder.resolve("mended.pt").toString());
    assertThat(said.get("layers")).hasSize(14);
    for (JsonNode layer : said.get("layers")) {
      boolean edited = layer.get("layer").asText().equals(LAYER);
      assertThat(layer.get("changed_elements").asLong()).isEqualTo(edited ? 3 : 0);
    }
    assertThat(contents(folder.resolve("mended.pt").toString())).isEqualTo(contents(BAKED));
  }

  @ParameterizedTest
  @CsvSource({
    "float16, 0.0999755859375",
    "bfloat16, 0.10009765625",
    "float32, 0.10000000149011612",
    "float64, 0.10000000149011612"
  })
  void quantizedKeepsItsDtype(String dtype, double rounded) throws IOException {
    DType type = DType.of(dtype).orElseThrow();
    Tensor table = tensor("l.lut", DType.FLOAT32, floats(-1.5f, -0.1f, 0.1f, 1.5f), 4);
    Tensor indices = tensor("l._indices", DType.UINT8, new byte[] {3, 0, 2, 1, 3, 3}, 2, 3);
    Tensor quantized = tensor("l._Q", type, new byte[6 * type.bytes()], 2, 3);
    Path source = write(table, indices, quantized);
    Path dest = folder.resolve("dest.pt");
    done("sync", source.toString(), dest.toString());
    TensorEntry written = new Checkpoints(STORE).index(dest.toString()).tensors().get(2);
    assertThat(written.dtype()).isEqualTo(type);
    try (StoredTensors stored = new StoredTensors(STORE)) {
      ByteBuffer bytes = bytes(stored.elements(written)).order(ByteOrder.LITTLE_ENDIAN);
      assertThat(Kernels.values(type, bytes))
          .containsExactly(1.5, -1.5, rounded, -rounded, 1.5, 1.5);
    }
  }

  @Test
  void refusesAnIndexOutsideTheLut() throws IOException {
    Path bad = edited(TRAINED, LAYER + "._indices", bytes -> bytes.putShort(10, (short) 16));
    Path dest = folder.resolve("dest.pt");
    assertThat(failed("bake", bad.toString(), dest.toString()))
        .contains(
            "bad.pt: at byte ",
            "Invalid _indices of layer '" + LAYER + "': 16 at element 5, expected 0 to 15; use a");
    assertThat(folder.toFile().list()).containsExactly("bad.pt");
  }

  @Test
  void refusesAFlippedByte() throws IOException {
    byte[] bytes = Files.readAllBytes(Path.of(TRAINED));
    bytes[bytes.length / 2] ^= 1;
    Path bad = Files.write(folder.resolve("bad.pt"), bytes);
    assertThat(failed("bake", bad.toString(), folder.resolve("dest.pt").toString()))
        .contains("bad.pt: at byte ", "Invalid CRC-32 of storage");
    assertThat(folder.toFile().list()).containsExactly("bad.pt");
  }

  @Test
  void reportsWhatCannotBeBakedWithTheRemedy() throws IOException {
    String dest = folder.resolve("dest.pt").toString();
    assertThat(failed("bake", BAKED, dest))
        .contains(
            "qtrace: Cannot rewrite " + Path.of(BAKED).toUri() + ": no layer has _lut_raw_deltas,",
            "'qtrace sync'");
    String teacher = Sample.ARCHIVE.resolve("base-model/model.safetensors").toString();
    assertThat(failed("sync", teacher, dest)).contains("no layer has a _Q, expected a quantized");
    assertThat(failed("bake", TRAINED, folder.resolve("dest.bin.gz").toString()))
        .contains("Unsupported file name: ");
    assertThat(failed("bake", TRAINED, dest, "--lut-max-abs", "-1"))
        .contains("Invalid LUT max abs: -1.0");
    assertThat(failed("bake", TRAINED, dest, "--lut-max-abs", "0", "--exact"))
        .contains("Invalid LUT of layer '" + LAYER + "'", "check its deltas and --lut-max-abs");
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void keepsAnExistingDestUnlessOverwriteIsGiven() throws IOException {
    Path dest = Files.writeString(folder.resolve("dest.pt"), "before");
    assertThat(failed("bake", TRAINED, dest.toString()))
        .contains("Cannot write file:" + dest + ": it exists already");
    assertThat(dest).hasContent("before");
    done("bake", TRAINED, dest.toString(), "--overwrite");
    assertThat(contents(dest.toString())).isEqualTo(contents(BAKED));

    Path itself = Files.copy(Path.of(TRAINED), folder.resolve("itself.pt"));
    done("bake", itself.toString(), itself.toString(), "--overwrite");
    assertThat(itself).hasSameBinaryContentAs(dest);
  }

  private static JsonNode done(String... args) throws IOException {
    List<String> line = new ArrayList<>(List.of(args));
    line.addAll(List.of("--format", "json"));
    CommandRun run = CommandRun.of(line.toArray(String[]::new));
    assertThat(run.status()).as(run.err()).isZero();
    return new ObjectMapper().readTree(run.out());
  }

  private static String failed(String... args) {
    CommandRun run = CommandRun.of(args);
    assertThat(run.status()).isEqualTo(ExitStatus.FAILED);
    assertThat(run.out()).isEmpty();
    assertThat(run.err()).hasLineCount(1);
    return run.err();
  }

  private static List<String> names(String file) throws IOException {
    return new Checkpoints(STORE).index(file).tensors().stream().map(TensorEntry::name).toList();
  }

  // Dtype, shape and every byte of each tensor, by name.
  private static Map<String, String> contents(String file) throws IOException {
    Map<String, String> contents = new LinkedHashMap<>();
    try (StoredTensors stored = new StoredTensors(STORE)) {
      for (TensorEntry tensor : new Checkpoints(STORE).index(file).tensors()) {
        String bytes = HexFormat.of().formatHex(bytes(stored.elements(tensor)).array());
        contents.put(tensor.name(), tensor.dtype() + " " + tensor.shape() + " " + bytes);
      }
    }
    return contents;
  }

  // A copy in which the bytes of one tensor are others.
  private Path edited(String file, String name, UnaryOperator<ByteBuffer> edit) throws IOException {
    try (StoredTensors stored = new StoredTensors(STORE)) {
      List<Tensor> tensors = new ArrayList<>();
      for (TensorEntry tensor : new Checkpoints(STORE).index(file).tensors()) {
        Tensor copy = stored.view(tensor);
        if (tensor.name().equals(name)) {
          ByteBuffer bytes = bytes(copy.storage()).order(ByteOrder.LITTLE_ENDIAN);
          copy = tensor(name, tensor.dtype(), edit.apply(bytes).array(), sizes(tensor));
        }
        tensors.add(copy);
      }
      return write(tensors.toArray(Tensor[]::new));
    }
  }

  private Path write(Tensor... tensors) throws IOException {
    Path file = folder.resolve("bad.pt");
    new CheckpointWriter(STORE)
        .write(file.toString(), new StateDict(List.of(tensors)), WriteOptions.replacing("bad.pt"));
    return file;
  }

  private static Tensor tensor(String name, DType dtype, byte[] bytes, long... sizes) {
    return Tensor.contiguous(name, dtype, Shape.of(sizes), ByteSource.of(ByteBuffer.wrap(bytes)));
  }

  private static long[] sizes(TensorEntry tensor) {
    return tensor.shape().sizes().stream().mapToLong(Long::longValue).toArray();
  }

  private static ByteBuffer flip(ByteBuffer bytes, int... at) {
    for (int i : at) {
      bytes.put(i, (byte) (bytes.get(i) ^ 1));
    }
    return bytes;
  }

  private static byte[] floats(float... values) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      bytes.putFloat(value);
    }
    return bytes.array();
  }

  private static ByteBuffer bytes(ByteSource source) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate((int) source.bytes());
    source.read(0, bytes);
    return bytes.flip();
  }
}
