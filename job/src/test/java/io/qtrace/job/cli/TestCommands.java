package io.qtrace.job.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.job.Sample;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Commands as they are typed: what they print where, and their exit status. */
class TestCommands {
  private static final String GOOD = Sample.run("debug_lut_training/checkpoint_step20.pt");
  private static final String INITIAL = Sample.run("sr011-q4a4-FP4-init/v2_initial.pt");

  @TempDir Path folder;

  @Test
  void exitsZeroWhenTheDiffIsClean() {
    CommandRun run = CommandRun.of("diff", INITIAL, GOOD);
    assertThat(run.status()).isZero();
    assertThat(run.out()).contains("CLEAN: all 14 _Q buffers are unchanged");
  }

  @Test
  void exitsOneWhenTheDiffViolatesThePolicy() {
    CommandRun run =
        CommandRun.of(
            "diff", GOOD, Sample.run("bug_q_drift/checkpoint_step20.pt"), "--format", "json");
    assertThat(run.status()).isEqualTo(1);
    assertThat(run.out()).contains("\"verdict\" : \"VIOLATION\"");
  }

  @ParameterizedTest
  @ValueSource(strings = {"truncated", "flipped", "resized", "hostile"})
  void exitsTwoWithFileAndReasonForBadFiles(String kind) throws IOException {
    Path bad = bad(kind);
    for (CommandRun run :
        new CommandRun[] {
          CommandRun.of("diff", GOOD, bad.toString()), CommandRun.of("diff", bad.toString(), GOOD)
        }) {
      assertThat(run.status()).isEqualTo(2);
      assertThat(run.out()).isEmpty();
      assertThat(run.err()).hasLineCount(1).contains(bad.getFileName() + ": at byte ");
    }
    CommandRun inspected = CommandRun.of("inspect", bad.toString());
    assertThat(inspected.status()).isEqualTo(2);
    assertThat(inspected.err()).hasLineCount(1).contains(bad.getFileName() + ": at byte ");
  }

  @Test
  void inspectCanSkipTheData() throws IOException {
    assertThat(CommandRun.of("inspect", "--no-verify", bad("flipped").toString()).status())
        .isZero();
  }

  @Test
  void exitsOneWhenTheAuditFindsAViolation() throws IOException {
    CommandRun run =
        CommandRun.of(
            "audit",
            "--archive",
            Sample.ARCHIVE.toString(),
            "--warehouse",
            folder.resolve("w").toString(),
            "--junit",
            folder.resolve("audit.xml").toString(),
            "--metrics",
            folder.resolve("qtrace.prom").toString());
    assertThat(run.status()).isEqualTo(1);
    assertThat(run.out())
        .startsWith("VIOLATION: 2 of 23 edges violate the policy, 4 findings\n")
        .contains("\nNext\n", " --all\n");
    assertThat(folder.resolve("audit.xml")).content().contains("tests=\"23\" failures=\"2\"");
    assertThat(folder.resolve("qtrace.prom")).content().containsPattern("_findings\\{.*} 4\n");
    assertThat(run.err())
        .contains("qtrace: reading 17 new checkpoints\nqtrace: comparing 18 edges\n");
  }

  @Test
  void exitsTwoWhenTheArchiveIsEmpty() {
    CommandRun run =
        CommandRun.of("audit", "--archive", folder.resolve("none").toString(), "--quiet");
    assertThat(run.status()).isEqualTo(2);
    assertThat(run.err())
        .isEqualTo("qtrace: Cannot find archive: " + folder.resolve("none") + "\n");
  }

  private Path bad(String kind) throws IOException {
    byte[] good = Files.readAllBytes(Path.of(GOOD));
    byte[] bytes =
        switch (kind) {
          case "truncated" -> Arrays.copyOf(good, good.length / 2);
          case "flipped" -> flipped(good, good.length / 2);
          case "resized" -> Arrays.copyOf(good, good.length + 100);
          default -> "cos\nsystem\n(S'true'\ntR.".getBytes(StandardCharsets.US_ASCII);
        };
    return Files.write(folder.resolve(kind + ".pt"), bytes);
  }

  private static byte[] flipped(byte[] good, int at) {
    byte[] bytes = good.clone();
    bytes[at] ^= 1;
    return bytes;
  }
}
