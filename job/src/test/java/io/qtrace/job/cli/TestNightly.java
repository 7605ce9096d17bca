package io.qtrace.job.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.qtrace.job.Processes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code scripts/nightly-audit.sh}: one audit at a time, and a summary whatever comes of it. */
class TestNightly {
  private static final Path SCRIPT = Path.of("../scripts/nightly-audit.sh").toAbsolutePath();

  @TempDir Path folder;
  private Path archive;
  private Path state;
  private Path warehouse;

  @BeforeEach
  void place() {
    archive = folder.resolve("archive");
    state = folder.resolve("state");
    warehouse = folder.resolve("tables");
  }

  @Test
  void anAuditThatCannotBeDoneIsTwoWithTheReason() throws IOException, InterruptedException {
    JsonNode summary = night(settings(qtrace()), 2);
    assertThat(summary.at("/error").asText()).isEqualTo("Cannot find archive: " + archive);
    assertThat(summary.has("audit")).isFalse();
  }

  @Test
  void oneAtATimeAndAKilledOneIsTold() throws IOException, InterruptedException {
    Path began = folder.resolve("began");
    Path fake =
        script(
            "touch '%s'; while [ -f '%s' ]; do sleep 0.1; done; kill -9 $$"
                .formatted(began, began));
    Path settings = settings(fake);
    Process running = new ProcessBuilder(SCRIPT.toString(), settings.toString()).start();
    while (!Files.exists(began)) {
      assertThat(running.isAlive()).isTrue();
      Thread.sleep(20);
    }
    Processes.Ended second =
        Processes.run(new ProcessBuilder(SCRIPT.toString(), settings.toString()));
    assertThat(second.status()).isEqualTo(75);
    assertThat(new ObjectMapper().readTree(second.out()).at("/status").asInt()).isEqualTo(75);
    assertThat(second.err()).contains("the audit before still runs");
    Files.delete(began);
    assertThat(running.waitFor()).isEqualTo(137);
    assertThat(
            new ObjectMapper()
                .readTree(state.resolve("summary.json").toFile())
                .at("/status")
                .asInt())
        .isEqualTo(137);
  }

  @Test
  void helpAndBadSettings() throws IOException, InterruptedException {
    assertThat(Processes.output(SCRIPT.toString(), "--help"))
        .contains("Usage: nightly-audit.sh", "QTRACE_ARCHIVE", "Exit status:");
    Path settings = Files.writeString(folder.resolve("bad.env"), "PATH=/evil\n");
    Processes.Ended bad = Processes.run(new ProcessBuilder(SCRIPT.toString(), settings.toString()));
    assertThat(bad.status()).isEqualTo(2);
    assertThat(bad.err()).contains("Invalid setting in " + settings + ": PATH");
    Processes.Ended none = Processes.run(new ProcessBuilder(SCRIPT.toString()));
    assertThat(none.status()).isEqualTo(2);
    assertThat(none.err()).contains("no QTRACE_ARCHIVE");
  }

  // One night; the summary, which is printed and written alike.
  private JsonNode night(Path settings, int status) throws IOException, InterruptedException {
    Processes.Ended ended =
        Processes.run(new ProcessBuilder(SCRIPT.toString(), settings.toString()));
    assertThat(ended.status()).as(ended.out() + ended.err()).isEqualTo(status);
    assertThat(Files.readString(state.resolve("summary.json"))).isEqualTo(ended.out());
    JsonNode summary = new ObjectMapper().readTree(ended.out());
    assertThat(summary.at("/status").asInt()).isEqualTo(status);
    assertThat(summary.at("/archive").asText()).isEqualTo(archive.toString());
    return summary;
  }

  private Path settings(Path command) throws IOException {
    return Files.writeString(
        folder.resolve("nightly.env"),
        """
        # as conf/nightly/nightly.env
        QTRACE_ARCHIVE=%s
        QTRACE_STATE=%s
        QTRACE_FAIL_ON=violation
        QTRACE_OPTIONS=--warehouse %s
        QTRACE=%s
        """
            .formatted(archive, state, warehouse, command));
  }

  // The command as scripts/qtrace runs it, but for the Spark of the tests.
  private Path qtrace() throws IOException {
    return script(
        Processes.java(Main.class).stream()
            .map(word -> "'" + word + "'")
            .collect(Collectors.joining(" ", "exec ", " \"$@\"")));
  }

  private Path script(String text) throws IOException {
    Path script = Files.writeString(folder.resolve("qtrace"), "#!/bin/bash\n" + text + "\n");
    assertThat(script.toFile().setExecutable(true)).isTrue();
    return script;
  }
}
