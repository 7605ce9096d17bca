package io.qtrace.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.qtrace.io.FormatException;
import io.qtrace.io.ObjectStore;
import io.qtrace.tensor.CheckpointIndex;
import io.qtrace.tensor.TensorEntry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TestShardedIndexReader {
  private static final String ONE = "model-00001-of-00002.safetensors";
  private static final String TWO = "model-00002-of-00002.safetensors";

  private final Checkpoints checkpoints = new Checkpoints(new ObjectStore(new Configuration()));
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
  void refusesATensorThatItsShardLacks() {
    assertRefused(map("a", TWO, "b", ONE, "c", ONE, "d", ONE), "lacks tensor 'd'");
  }

  @Test
  void refusesATensorInAnotherShardThanTheIndexSays() {
    assertRefused(map("a", ONE, "b", ONE, "c", TWO), ONE + "': it lacks tensor 'a'");
  }

  @Test
  void refusesATensorThatTheIndexDoesNotName() {
    assertRefused(map("a", TWO, "b", ONE), "holds tensor 'c', which the index does not map to it");
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
        "sub/x.safetensors",
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
    assertRefused(map("a", name), "expected the name of a file beside the index");
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
  void refusesMoreTokensThanAnIndexNeeds() {
    assertRefused("{\"metadata\":[0" + ",0".repeat(4_000_000) + "]}", "Invalid JSON: 'Token count");
  }

  @Test
  void saysThatOtherJsonIsNoIndex() {
    assertRefused("{\"model_type\":\"qwen3\"}", "no weight_map");
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
