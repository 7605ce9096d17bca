package io.qtrace.job.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.job.Sample;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Limits of a settings file, in every command that indexes checkpoints. */
class TestLimits {
  private static final String INITIAL = Sample.run("sr011-q4a4-FP4-init/v2_initial.pt");

  @TempDir Path folder;

  @Test
  void everyCommandRefusesWhatExceedsALimitOfItsSettings() throws IOException {
    String settings =
        Files.writeString(
                folder.resolve("qtrace.yaml"),
                Files.readString(Path.of("../conf/qtrace.yaml"))
                    .replace("opcodes: 4000000", "opcodes: 100"))
            .toString();
    String out = folder.resolve("out.pt").toString();
    String tables = folder.resolve("w").toString();
    for (List<String> command :
        List.of(
            List.of("inspect", INITIAL),
            List.of("diff", INITIAL, INITIAL),
            List.of("explain", INITIAL, INITIAL),
            List.of("sync", INITIAL, out),
            List.of("bake", INITIAL, out),
            List.of(
                "train",
                "--checkpoint",
                INITIAL,
                "--model",
                "base",
                "--cache-dir",
                "cache",
                "--output-dir",
                out,
                "--warehouse",
                tables))) {
      CommandRun run =
          CommandRun.of(
              Stream.concat(command.stream(), List.of("--settings", settings).stream())
                  .toArray(String[]::new));
      assertThat(run.status()).as(run.err()).isEqualTo(2);
      assertThat(run.err())
          .hasLineCount(1)
          .contains("v2_initial.pt: at byte ")
          .contains("more than 100 opcodes (limit opcodes)");
    }
  }
}
