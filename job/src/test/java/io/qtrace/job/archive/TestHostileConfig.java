package io.qtrace.job.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.qtrace.io.ObjectStore;
import io.qtrace.job.conf.Settings;
import io.qtrace.job.policy.Policy;
import io.qtrace.job.train.data.KdCache;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A {@code config.json}, {@code meta.json}, policy or settings that were made to do harm. The
 * timeout is for hangs.
 */
@Timeout(60)
class TestHostileConfig {
  private static final ObjectStore STORE = new ObjectStore(new Configuration());

  @TempDir Path folder;

  static Stream<String> texts() {
    return Stream.of(
        "",
        " ",
        "null",
        "[]",
        "\"text\"",
        "{",
        "{}{}",
        "{\"a\":",
        "\u0000",
        "\ufeff{}",
        "{'a':1}",
        "{\"a\":1,}",
        "[".repeat(500_000),
        "{\"a\":".repeat(200_000),
        "{\"a\":" + "9".repeat(500_000) + "}",
        "{\"a\":1e999999999}",
        "{\"a\":-1E-999999999}",
        "{\"a\":NaN}",
        "{\"source_checkpoint\":{\"a\":[]}}",
        "{\"source_checkpoint\":\"\\u0000\\u001b[2J\"}",
        "{\"source_checkpoint\":\"" + "x".repeat(900_000) + "\"}",
        "{\"a\":\"" + "x".repeat(1_100_000) + "\"}",
        "{\"\u001b[2J\u202e\":1}",
        "{\"a\":\"\\ud800\"}",
        "{\"format\":\"topk\",\"max_length\":-1,\"topk\":1,\"vocab_size\":1}",
        "{\"format\":\"topk\",\"max_length\":2147483648,\"topk\":1,\"vocab_size\":1}",
        "{\"format\":\"topk\",\"max_length\":1e3,\"topk\":1,\"vocab_size\":1}",
        "{\"format\":\"topk\",\"max_length\":[\"\\u001b[2J\"],\"topk\":1,\"vocab_size\":1}",
        "{\"format\":\"\\u001b[2J\"}",
        "{\"format\":" + "[".repeat(100_000) + "}");
  }

  @ParameterizedTest
  @MethodSource("texts")
  void isReportedOrIgnored(String text) throws IOException {
    write("config.json", text);
    RunConfig config = RunConfig.nextTo(STORE, folder.resolve("model.pt").toString());
    if (config.problem().isEmpty()) {
      assertThat(config.json()).isEqualTo(text.isEmpty() ? "{}" : text);
    } else {
      assertThat(config.problem()).startsWith("Invalid config.json: ").hasSizeLessThan(200);
      assertThat(config.sourceCheckpoint()).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"\"1.5\"", "NaN", "Infinity", "-1", "0", "1e999999999", "[1.5]", "null"})
  void doesNotGiveALutMaxAbs(String value) throws IOException {
    assertThat(lutMaxAbs(value)).isEmpty();
    assertThat(lutMaxAbs("1.5")).contains(1.5);
  }

  private Optional<Double> lutMaxAbs(String value) throws IOException {
    write("config.json", "{\"lut_max_abs\": " + value + "}");
    RunConfig config = RunConfig.nextTo(STORE, folder.resolve("model.pt").toString());
    return Policy.load(Optional.empty()).forRun("run", config).lutMaxAbs();
  }

  @ParameterizedTest
  @MethodSource("texts")
  void isAnErrorOfTheCache(String text) throws IOException {
    write("meta.json", text);
    assertThatThrownBy(
            () -> KdCache.open(STORE, folder.toString(), new KdCache.Options(false, 0, 1)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(folder + "/meta.json: ")
        .extracting(Throwable::getMessage)
        .satisfies(TestHostileConfig::assertShortLine);
  }

  private static void assertShortLine(String message) {
    assertThat(message)
        .hasSizeLessThan(1_000)
        .matches(one -> one.codePoints().noneMatch(Character::isISOControl));
  }

  static Stream<String> documents() throws IOException {
    String policy = Files.readString(Path.of("../conf/policy.yaml"));
    return Stream.concat(
        texts(),
        Stream.of(
            bomb(),
            "a: &a [*a]",
            "!!javax.script.ScriptEngineManager [!!java.net.URLClassLoader [[!!java.net.URL [http://x/]]]]",
            "\"\\e[2J\\u202e\": 1",
            "x".repeat(1_000_000) + ": 1",
            "? ".repeat(10_000),
            "- ".repeat(10_000),
            policy + policy,
            policy.replace("version: 1", "version: " + "9".repeat(100_000)),
            policy.replace("version: 1", "version: [1]"),
            policy.replace("version: 1", "\"\\e[2J\": 1\nversion: 1"),
            policy.replace("waivers: []", "waivers: {a: 1}"),
            policy.replace("waivers: []", "waivers: [{rule: \"\\e[2J\", reason: a, expires: b}]"),
            policy.replace("edges:\n", "edges: 3\nx:\n"),
            policy.replace("q: never", "q: \"\\e[2J\"")));
  }

  // Each list holds the one before nine times.
  private static String bomb() {
    StringBuilder text = new StringBuilder("a0: &a0 x\n");
    for (int i = 1; i < 15; i++) {
      text.append("a%d: &a%1$d [%s]\n".formatted(i, ("*a" + (i - 1) + ", ").repeat(9)));
    }
    return text.toString();
  }

  @ParameterizedTest
  @MethodSource("documents")
  void isAnErrorOfPolicyAndSettings(String text) throws IOException {
    write("file.yaml", text);
    Path file = folder.resolve("file.yaml");
    assertNamed(file, () -> Policy.load(Optional.of(file)));
    assertNamed(file, () -> Settings.load(Optional.of(file)));
  }

  private static void assertNamed(Path file, ThrowingCallable load) {
    assertThatThrownBy(load)
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith("Invalid " + file)
        .hasMessageNotContainingAny("io.qtrace", "JsonToken", "Exception", "creator")
        .extracting(Throwable::getMessage)
        .satisfies(TestHostileConfig::assertShortLine);
  }

  @Test
  void refusesANullPolicy() throws IOException {
    write("policy.yaml", "NULL");
    assertThatThrownBy(() -> Policy.load(Optional.of(folder.resolve("policy.yaml"))))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("policy.yaml: it is null, expected settings");
  }

  private void write(String name, String text) throws IOException {
    Files.write(folder.resolve(name), text.getBytes(StandardCharsets.UTF_8));
  }
}
