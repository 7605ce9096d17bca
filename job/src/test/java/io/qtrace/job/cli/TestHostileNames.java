package io.qtrace.job.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Names that try to play with terminals, tables, Graphviz and SQL come out as plain text. */
@Tag("archive")
class TestHostileNames {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String LAYER =
      "a\"]; b [label=\"c\u001b[2J\u001b[31m\n\r\u202ed\u200b'; DROP TABLE edges; --\\";
  private static final String RUN = "r\"]; x \u202e'\\n";
  private static final String QUOTED = "\"(\\\\.|[^\"\\\\])*\"";
  private static final String ESCAPED_LAYER =
      "a\"]; b [label=\"c\\u001b[2J\\u001b[31m\\n\\r\\u202ed\\u200b'; DROP TABLE edges; --\\\\";

  @TempDir Path folder;
  private Path parent;
  private Path child;

  @BeforeEach
  void writeRun() throws IOException {
    Path run = Files.createDirectories(folder.resolve("archive").resolve(RUN));
    parent = write(run.resolve("checkpoint_step1.safetensors"), 0.5f);
    child = write(run.resolve("checkpoint_step2.safetensors"), 0.25f);
  }

  @Test
  void escapesHostileNamesInEveryReport() throws IOException {
    CommandRun audit = run("audit", "--archive", folder.resolve("archive").toString(), "--quiet");
    assertThat(audit.status()).as(audit.err()).isEqualTo(1);
    assertThat(plain(audit).out().replaceAll("\\s+", ""))
        .contains("suchas" + (ESCAPED_LAYER + "._Q").replace(" ", ""));

    assertThat(plain(run("lineage")).out()).contains("r\"]; x \\u202e'\\\\n/checkpoint_step2");
    assertThat(plain(run("lineage", "--dot")).out().lines())
        .filteredOn(line -> line.startsWith("  \""))
        .hasSize(3) // two checkpoints and their edge
        .allSatisfy(
            line ->
                assertThat(line)
                    .matches(
                        "  %1$s( -> %1$s)? \\[label=%1$s(, \\w+=\\w+)*\\];".formatted(QUOTED)));
    assertThat(plain(run("lineage", "--tensor", LAYER + "._Q")).out())
        .contains("unknown, UNEXPLAINED, VIOLATION");

    assertThat(plain(CommandRun.of("diff", parent.toString(), child.toString())).out())
        .contains(ESCAPED_LAYER + "._Q");
    assertThat(plain(CommandRun.of("explain", parent.toString(), child.toString())).out())
        .contains("\n" + ESCAPED_LAYER + "\n  _Q ");
    assertThat(plain(run("sql", "-e", "SELECT name FROM tensors WHERE name LIKE '%\\_Q'")).out())
        .contains(ESCAPED_LAYER + "._Q");
  }

  @Test
  void keepsNamesCompleteInJson() throws IOException {
    CommandRun explained =
        plain(CommandRun.of("explain", parent.toString(), child.toString(), "--format", "json"));
    assertThat(explained.out()).isASCII();
    assertThat(JSON.readTree(explained.out()).get("layers").get(0).get("layer").asText())
        .isEqualTo(LAYER);
    plain(run("audit", "--archive", folder.resolve("archive").toString(), "--quiet"));
    JsonNode trees = JSON.readTree(plain(run("lineage", "--format", "json")).out());
    assertThat(trees.get(0).get("checkpoints").get(1).get("path").asText())
        .isEqualTo(RUN + "/checkpoint_step2.safetensors");
  }

  private CommandRun run(String command, String... options) {
    String[] args = new String[options.length + 3];
    args[0] = command;
    args[1] = "--warehouse";
    args[2] = folder.resolve("w").toString();
    System.arraycopy(options, 0, args, 3, options.length);
    return CommandRun.of(args);
  }

  // No control but the end of a line, and nothing that reorders or hides text.
  private static CommandRun plain(CommandRun run) {
    assertThat(run.err()).isEmpty();
    assertThat(run.out()).isNotEmpty().doesNotContain("\u202e", "\u200b");
    assertThat(run.out().codePoints().filter(Character::isISOControl)).containsOnly((int) '\n');
    return run;
  }

  // A layer of two weights; _Q is not lut[_indices] where the value is not 0.5.
  private static Path write(Path file, float value) throws IOException {
    ObjectNode header = JSON.createObjectNode();
    put(header, LAYER + "._Q", "F32", 0, 8, 1, 2);
    put(header, LAYER + ".lut", "F32", 8, 16, 2);
    put(header, LAYER + "._indices", "I16", 16, 20, 1, 2);
    byte[] text = JSON.writeValueAsString(header).getBytes(StandardCharsets.UTF_8);
    ByteBuffer bytes = ByteBuffer.allocate(8 + text.length + 20).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putLong(text.length).put(text);
    bytes.putFloat(value).putFloat(-0.5f).putFloat(-0.5f).putFloat(0.5f);
    bytes.putShort((short) 1).putShort((short) 0);
    return Files.write(file, bytes.array());
  }

  private static void put(
      ObjectNode header, String name, String dtype, int from, int to, long... shape) {
    ObjectNode entry = header.putObject(name).put("dtype", dtype);
    for (long size : shape) {
      entry.withArray("shape").add(size);
    }
    entry.putArray("data_offsets").add(from).add(to);
  }
}
