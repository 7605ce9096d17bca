package io.qtrace.job.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.qtrace.job.Processes;
import io.qtrace.job.Sample;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The shell of {@code qtrace sql}, in a process of its own on a pseudo terminal. */
@Tag("system")
class TestShell {
  private static final Path DRIVER =
      Path.of("src/test/resources/terminal/drive.py").toAbsolutePath();
  private static final String PROMPT = ".*qtrace> $";
  private static final String TAKEN = "\\[\\?2004l"; // the line was taken: what it does begins
  private static final String ENTER = "\r";
  private static final String CTRL_C = "\u0003";
  private static final String CTRL_D = "\u0004";

  @TempDir Path folder;

  private final ArrayNode steps = new ObjectMapper().createArrayNode();

  @Test
  void runsStatementsAndCommandsInOneSession() throws Exception {
    String left = Sample.run("debug_lut_training/best_state_dict.pt");
    String right = Sample.run("debug_lut_training/checkpoint_step20.pt");
    Path query = Files.writeString(folder.resolve("q.sql"), "SELECT 5 AS five;");
    Path out = folder.resolve("rows.csv");
    int start = type("", PROMPT);
    int none = type(".tables" + ENTER, PROMPT);
    type(
        "audit --archive " + Path.of(left).getParent() + " --fail-on never --quiet" + ENTER,
        PROMPT);
    int completed = type("SELECT verdict FROM audi\t;" + ENTER, PROMPT);
    type("SELECT kind," + ENTER, " -> $");
    int lines = type("count(*) AS n FROM edges GROUP BY kind ORDER BY kind;" + ENTER, PROMPT);
    int vertical = type("SELECT 1 AS one, 'a' AS b\\G" + ENTER, PROMPT);
    int hostile =
        type("SELECT concat(chr(27), '[31m', chr(10), '<b>''\"', chr(0)) AS n;" + ENTER, PROMPT);
    int fault = type("SELECT * FROM edges WHERE kin = 1;" + ENTER, PROMPT);
    type("SELECT count(*) FROM range(1000000000000) WHERE hash(id) = id;" + ENTER, TAKEN);
    int cancelled = type(CTRL_C, PROMPT);
    ((ObjectNode) steps.get(cancelled)).put("after", 2); // so that it may have begun
    int dropped = type("SELECT 'never run'" + CTRL_C, PROMPT);
    int diff = type("diff " + left + " " + right + ENTER, PROMPT);
    int refused = type("lineage --warehouse /tmp" + ENTER, PROMPT);
    int tables = type(".tables" + ENTER, PROMPT);
    int schema = type(".schema audits" + ENTER, PROMPT);
    int queries = type(".queries" + ENTER, PROMPT);
    int answer = type(".queries settled_luts" + ENTER, PROMPT);
    int read = type(".read " + query + ENTER, PROMPT);
    type(".out " + out + ENTER, PROMPT);
    type("SELECT id FROM range(2) ORDER BY id;" + ENTER, PROMPT);
    type(".format json" + ENTER, PROMPT);
    int json = type("SELECT 1 AS one;" + ENTER, PROMPT);
    type(".format text" + ENTER, PROMPT);
    int paged = type("SELECT id FROM range(100);" + ENTER, PROMPT);
    int unknown = type(".nothing" + ENTER, PROMPT);
    type(CTRL_D, "");

    List<String> screens = run();
    assertThat(screens.get(start)).contains(".help lists commands");
    assertThat(screens.get(none)).doesNotContain("q_changes");
    assertThat(screens.get(completed)).contains("FROM audits", "CLEAN", "(1 row, ");
    assertThat(screens.get(lines)).containsPattern("kind +n\r\ncopy +1\r\n");
    assertThat(screens.get(vertical)).contains("*** row 1 ***\r\none  1\r\nb    a\r\n");
    assertThat(screens.get(hostile))
        .contains("\\u001b[31m\\n<b>'\"\\u0000")
        .doesNotContain("\u001b[31m", "\u0000");
    assertThat(screens.get(fault)).contains("WHERE >>>kin<<< = 1)");
    assertThat(screens.get(cancelled)).contains("Cancelled.").doesNotContain("qtrace: ");
    assertThat(screens.get(dropped)).doesNotContain("row");
    assertThat(screens.get(diff)).contains("CLEAN");
    assertThat(screens.get(refused)).contains("commands in the shell use its tables");
    assertThat(screens.get(tables)).contains("q_changes", "latest_audit");
    assertThat(screens.get(schema)).contains("policy_hash", "STRING");
    assertThat(screens.get(queries)).contains("q_since", "Since when is a layer's _Q different");
    assertThat(screens.get(answer)).containsPattern("\\(\\d+ rows?, ");
    assertThat(screens.get(read)).contains("five\r\n   5\r\n");
    assertThat(out).hasContent("id\n0\n1\n");
    assertThat(screens.get(json)).contains("[ {\r\n  \"one\" : 1\r\n} ]");
    assertThat(screens.get(paged)).contains("PAGED", "99");
    assertThat(screens.get(unknown)).contains("Unknown command: .nothing, expected one of .exit,");

    Path history = folder.resolve("state/qtrace/sql-history");
    assertThat(Files.readString(history)).contains("SELECT kind,", "diff ");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(history)))
        .isEqualTo("rw-------");
  }

  // Its place among the screens.
  private int type(String text, String until) {
    steps.addObject().put("type", text).put("until", until);
    return steps.size() - 1;
  }

  private List<String> run() throws IOException, InterruptedException {
    File input = Files.writeString(folder.resolve("steps.json"), steps.toString()).toFile();
    List<String> command = new ArrayList<>(List.of("python3", DRIVER.toString(), "40", "100"));
    command.addAll(
        Processes.spark(Main.class, "sql", "--warehouse", folder.resolve("tables").toString()));
    ProcessBuilder process = new ProcessBuilder(command).redirectInput(input);
    process.environment().put("XDG_STATE_HOME", folder.resolve("state").toString());
    process.environment().put("PAGER", "echo PAGED; cat");
    Processes.Ended ended = Processes.run(process);
    assertThat(ended.status()).as(ended.err()).isZero();
    JsonNode reply = new ObjectMapper().readTree(ended.out());
    assertThat(reply.get("status").asInt()).isZero();
    List<String> screens = new ArrayList<>();
    reply.get("screens").forEach(screen -> screens.add(screen.asText()));
    return screens;
  }
}
