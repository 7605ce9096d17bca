package io.qtrace.job.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.qtrace.job.progress.Stage;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class TestProgressLine {
  private static final long GB = 1L << 30;

  private final StringWriter text = new StringWriter();
  private Instant now = Instant.EPOCH;

  @Test
  void rewritesAndClearsOneLineOnATerminal() {
    ProgressLine line = line(true);
    line.show(comparing(0, 0));
    after(Duration.ofSeconds(2)).show(line, comparing(3, GB));
    after(Duration.ofSeconds(2)).show(line, comparing(8, 4 * GB));
    assertThat(text)
        .hasToString(
            "\r\u001b[Kqtrace: comparing: 0 of 8 checkpoints, 0 B of 4 GB"
                + "\r\u001b[Kqtrace: comparing: 3 of 8 checkpoints, 1 GB of 4 GB, 512 MB/s, 6 s left"
                + "\r\u001b[K");
  }

  @Test
  void clearsTheLineForAnEvent() {
    ProgressLine line = line(true);
    line.show(Stage.of("training", "steps", 1, 10));
    line.report("saved");
    assertThat(text)
        .hasToString("\r\u001b[Kqtrace: training: 1 of 10 steps\r\u001b[Kqtrace: saved\n");
  }

  @Test
  void doesNotRedrawForEveryTask() {
    ProgressLine line = line(true);
    for (int done = 0; done < 8; done++) {
      after(Duration.ofMillis(10)).show(line, comparing(done, 0));
    }
    assertThat(text.toString()).containsOnlyOnce("comparing");
  }

  @Test
  void logsAtMostOneLineEvery30Seconds() {
    ProgressLine line = line(false);
    for (int second = 0; second < 100; second++) {
      line.show(Stage.of("training", "steps", second, 7300));
      after(Duration.ofSeconds(1));
    }
    assertThat(text)
        .hasToString(
            """
            qtrace: training: 30 of 7300 steps, 2 h 1 min left
            qtrace: training: 60 of 7300 steps, 2 h 0 min left
            qtrace: training: 90 of 7300 steps, 2 h 0 min left
            """);
  }

  @Test
  void logsNothingForShortStages() {
    ProgressLine line = line(false);
    line.show(comparing(0, 0));
    after(Duration.ofSeconds(29)).show(line, comparing(7, 4 * GB));
    line.show(Stage.of("writing", "tables", 0, 7));
    after(Duration.ofSeconds(29)).show(line, Stage.of("writing", "tables", 6, 7));
    assertThat(text).hasToString("");
  }

  @Test
  void showsAtMostOneHundredPercent() {
    assertThatThrownBy(() -> comparing(9, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Invalid done: 9, expected 0 to 8");
  }

  private ProgressLine line(boolean terminal) {
    return new ProgressLine(new PrintWriter(text, true), terminal, () -> now);
  }

  private static Stage comparing(int done, long bytes) {
    return new Stage("comparing", "checkpoints", done, 8, bytes, 4 * GB);
  }

  private TestProgressLine after(Duration duration) {
    now = now.plus(duration);
    return this;
  }

  private void show(ProgressLine line, Stage stage) {
    line.show(stage);
  }
}
