package io.qtrace.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.qtrace.io.FormatException;
import io.qtrace.io.LocalFiles;
import io.qtrace.tensor.CheckpointIndex;
import io.qtrace.tensor.CheckpointIndex.Skipped;
import io.qtrace.tensor.TensorEntry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TestShardedIndexReader {
  private static final String ONE = "model-00001-of-00002.safetensors";
  private static final String TWO = "model-00002-of-00002.safetensors";

  private final Checkpoints checkpoints = new Checkpoints(LocalFiles.STORE);
  @TempDir private Path folder;

  @BeforeEach
  void writeShards() throws IOException {
    SafetensorsFiles.write(folder.resolve(ONE), "b", "c");
    SafetensorsFiles.write(folder.resolve(TWO), "a");
  }

  @Test
  void joinsTheShardsInTheOrderOfTheirNames() throws Exception {
    CheckpointIndex index =
        index(
            """
            {"metadata": {"total_size": 12, "more": [{}]},
             "weight_map": {"a": "%s", "b": "%s", "c": "%s"}}
            """
                .formatted(TWO, ONE, ONE));

    assertThat(index.format()).isEqualTo("sharded-safetensors");
    assertThat(index.path()).endsWith("model.safetensors.index.json");
    assertThat(index.tensors()).extracting(TensorEntry::name).containsExactly("b", "c", "a");
    assertThat(index.tensors().get(2).storage().file()).endsWith(TWO);
  }

  @Test
  void joinsTorchShardsOfBothContainers() throws Exception {
    Files.copy(FormatFixtures.file("views.pt"), folder.resolve("1.bin"));
    Files.copy(FormatFixtures.file("legacy_nonzip.pt"), folder.resolve("2.bin"));
    List<String> zip = names(checkpoints.index(folder.resolve("1.bin").toString()));
    List<String> legacy = names(checkpoints.index(folder.resolve("2.bin").toString()));

    CheckpointIndex index = index(map(zip, "1.bin", legacy, "2.bin"));

    assertThat(index.format()).isEqualTo("sharded-torch");
    assertThat(names(index))
        .startsWith(zip.toArray(String[]::new))
        .hasSize(zip.size() + legacy.size());
    assertThat(names(index)).endsWith(legacy.toArray(String[]::new));
    assertThat(index.tensors().get(0).storage().file()).endsWith("1.bin");
    assertThat(index.tensors().get(zip.size()).storage().file()).endsWith("2.bin");
  }

  @Test
  void keepsWhatTorchShardsSkip() throws Exception {
    Files.copy(FormatFixtures.file("sparse.pt"), folder.resolve("1.bin"));

    CheckpointIndex index = index(map("d", "1.bin", "sp", "1.bin"));

    assertThat(names(index)).containsExactly("d");
    assertThat(index.skipped()).containsExactly(new Skipped("sp", "sparse tensor"));
  }

  @Test
  void refusesShardsOfTwoFormats() throws Exception {
    Files.copy(FormatFixtures.file("bare_tensor.pt"), folder.resolve("z.bin"));
    assertRefused(
        map("b", ONE, "c", ONE, "tensor", "z.bin"),
        "Invalid shard 'z.bin': it is sharded-torch, expected sharded-safetensors as the others");
  }

  @Test
  void refusesATensorThatItsShardLacks() {
    assertRefused(map("a", TWO, "b", ONE, "c", ONE, "d", ONE), "lacks tensor 'd'");
  }

  @Test
  void refusesATensorInAnotherShardThanTheIndexSays() {
    assertRefused(map("a", ONE, "b", ONE, "c", TWO), ONE + "': it lacks tensor 'a'");
  }

  @Test
  void readsTensorsThatTheIndexDoesNotName() throws Exception {
    CheckpointIndex index = index(map("a", TWO, "b", ONE));
    assertThat(names(index)).containsExactly("b", "c", "a");
    assertThat(index.notes())
        .containsExactly("the index does not list 1 tensor of its shards, read nevertheless: 'c'");
  }

  @Test
  void refusesATensorInTwoShards() throws Exception {
    SafetensorsFiles.write(folder.resolve(TWO), "a", "c");
    assertRefused(
        map("a", TWO, "b", ONE, "c", ONE), TWO + "': it holds tensor 'c', which is that of '");
    assertRefused(map("a", TWO, "b", ONE), TWO + "': it holds tensor 'c', which is that of '");
  }

  @Test
  void readsShardsInSubfolders() throws Exception {
    Files.createDirectories(folder.resolve("sub/deeper"));
    Files.move(folder.resolve(TWO), folder.resolve("sub/deeper").resolve(TWO));
    CheckpointIndex index = index(map("a", "sub/deeper/" + TWO, "b", ONE, "c", ONE));
    assertThat(names(index)).containsExactly("b", "c", "a");
    assertThat(index.tensors().get(2).storage().file()).endsWith("sub/deeper/" + TWO);
    assertThat(index.notes())
        .containsExactly("shards lie in subfolders, such as 'sub/deeper/%s'".formatted(TWO));
  }

  @Test
  void passesOnTheNotesOfItsShards() throws Exception {
    String header =
        "{\"__metadata__\":null,\"a\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}}";
    byte[] file = ("\0\0\0\0\0\0\0\0" + header).getBytes(StandardCharsets.US_ASCII);
    file[0] = (byte) header.length();
    Files.write(folder.resolve(TWO), file);
    assertThat(index(map("a", TWO, "b", ONE, "c", ONE)).notes())
        .containsExactly("__metadata__ is null, read as if it were not there");
  }

  @Test
  void refusesAMissingShard() {
    assertRefused(
        map("a", "other.safetensors"), "Invalid shard 'other.safetensors': it is missing");
  }

  @Test
  void refusesAnIndexAmongItsShards() {
    assertRefused(map("a", "model.safetensors.index.json"), "an index, expected tensors");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "../x.safetensors",
        "..",
        ".",
        "",
        "/etc/passwd",
        "sub/../../x",
        "sub/./x",
        "sub//x",
        "sub/",
        "/sub/x",
        "./x",
        "..\\\\x",
        "a..b",
        "file:x",
        "s3a://bucket/x",
        "%2e%2e%2fx",
        "x?y",
        "x#y",
        "x*",
        "-x",
        "x\\u0000",
        "x\\n"
      })
  void refusesShardsElsewhere(String name) {
    assertRefused(
        map("a", name), "expected the name of a file in the folder of the index or below");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{\"weight_map\":{}}",
        "{\"weight_map\":[]}",
        "{\"weight_map\":{\"a\":1}}",
        "{\"weight_map\":{\"a\":\"x\",\"a\":\"x\"}}",
        "{\"weight_map\":{},\"weight_map\":{}}",
        "{\"metadata\":{\"a\":1,\"a\":2},\"weight_map\":{}}",
        "{\"weight_map\":{\"a\":\"x\"",
        "{\"metadata\":{}}x"
      })
  void refusesDamagedIndexes(String json) {
    assertThatThrownBy(() -> index(json)).isInstanceOf(FormatException.class);
  }

  @Test
  void refusesDeepMetadata() {
    assertRefused("{\"metadata\":" + "[".repeat(100_000), "Invalid JSON");
  }

  @Test
  void refusesMoreKeysThanMemoryHolds() {
    StringBuilder keys = new StringBuilder("\"k\":0");
    for (int i = 0; i < 1_800_000; i++) {
      keys.append(",\"").append(i).append("\":0");
    }
    assertRefused("{\"metadata\":{" + keys + "}}", "(limit memory)");
  }

  @ParameterizedTest
  @ValueSource(strings = {"my runs", "100%", "a%20b", "é"})
  void readsShardsInFoldersOfAnyName(String name) throws Exception {
    Path runs = Files.createDirectory(folder.resolve(name));
    SafetensorsFiles.write(runs.resolve(TWO), "a");
    Path file = runs.resolve("model.safetensors.index.json");
    Files.writeString(file, "{\"weight_map\": {\"a\": \"%s\"}}".formatted(TWO));
    assertThat(names(checkpoints.index(file.toString()))).containsExactly("a");
    assertThat(names(checkpoints.index(file.toUri().toString()))).containsExactly("a");
  }

  @Test
  void refusesOtherJson() {
    assertRefused("{\"model_type\":\"qwen3\"}", "no weight_map");
  }

  private static List<String> names(CheckpointIndex index) {
    return index.tensors().stream().map(TensorEntry::name).toList();
  }

  private static String map(List<String> some, String file, List<String> others, String otherFile) {
    return map(
        Stream.concat(
                some.stream().flatMap(name -> Stream.of(name, file)),
                others.stream().flatMap(name -> Stream.of(name, otherFile)))
            .toArray(String[]::new));
  }

  private static String map(String... tensorsAndFiles) {
    StringBuilder map = new StringBuilder();
    for (int i = 0; i < tensorsAndFiles.length; i += 2) {
      map.append(i == 0 ? "" : ",")
          .append("\"%s\":\"%s\"".formatted(tensorsAndFiles[i], tensorsAndFiles[i + 1]));
    }
    return "{\"weight_map\":{" + map + "}}";
  }

  private void assertRefused(String json, String reason) {
    assertThatThrownBy(() -> index(json))
        .isInstanceOf(FormatException.class)
        .hasMessageContaining(reason);
  }

  private CheckpointIndex index(String json) throws IOException {
    Path file = Files.writeString(folder.resolve("model.safetensors.index.json"), json);
    return checkpoints.index(file.toString());
  }
}
