package io.qtrace.job.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class TestInspectCommand {
  private static final Path FORMATS = Path.of("../udfs/src/test/resources/formats");
  private static final ObjectMapper JSON = new ObjectMapper();

  static Stream<String> filesThatPyTorchDescribed() throws IOException {
    return expected().properties().stream().map(Map.Entry::getKey);
  }

  @ParameterizedTest
  @MethodSource("filesThatPyTorchDescribed")
  void everyTensorIsAsPyTorchSeesIt(String file) throws IOException {
    CommandRun run =
        CommandRun.of("inspect", FORMATS.resolve(file).toString(), "--md5", "--format", "json");
    assertThat(run.status()).as(run.err()).isEqualTo(ExitStatus.CLEAN);
    Map<String, String> actual = new TreeMap<>();
    for (JsonNode tensor : JSON.readTree(run.out()).get("tensors")) {
      actual.put(tensor.get("name").asText(), facts(tensor, "bytes"));
    }
    Map<String, String> expected = new TreeMap<>();
    expected()
        .get(file)
        .properties()
        .forEach(t -> expected.put(t.getKey(), facts(t.getValue(), "nbytes")));
    assertThat(expected.isEmpty()).isEqualTo(file.equals("empty.safetensors"));
    assertThat(actual).containsAllEntriesOf(expected); // of a trainer's file, the model
  }

  @Test
  void damagedFileIsOneLineWithItsReason(@TempDir Path folder) throws IOException {
    byte[] whole = Files.readAllBytes(FORMATS.resolve("views.pt"));
    Path cut = Files.write(folder.resolve("cut.pt"), Arrays.copyOf(whole, 1000));
    CommandRun run = CommandRun.of("inspect", cut.toString());
    assertThat(run.status()).isEqualTo(ExitStatus.FAILED);
    assertThat(run.out()).isEmpty();
    assertThat(run.err()).startsWith("qtrace: " + cut.toUri() + ": at byte ").hasLineCount(1);
  }

  @Test
  void unwrappedNamesAreThoseOfTheModel() {
    String file = FORMATS.resolve("model_prefix.pt").toString();
    assertThat(CommandRun.of("inspect", file).out()).contains("\nstate_dict.");
    assertThat(CommandRun.of("inspect", file, "--unwrap").out()).doesNotContain("\nstate_dict.");
  }

  private static JsonNode expected() throws IOException {
    return JSON.readTree(FORMATS.resolve("expected.json").toFile());
  }

  private static String facts(JsonNode tensor, String bytes) {
    return Stream.of("dtype", "shape", "stride", "offset", bytes, "md5_16")
        .map(key -> tensor.get(key).toString())
        .toList()
        .toString();
  }
}
