package io.qtrace.job.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Arguments that were made to do harm are named in one short line. The timeout is for hangs. */
@Timeout(60)
class TestHostileArguments {
  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\u001b[2J",
        "a\u0000b",
        "s3://b/\u001b[2J",
        "file:///tmp/%zz",
        "http://127.0.0.1:9/x.pt",
        "hdfs:///x",
        "s3a://%2e%2e/x",
        "nosuch:/x",
        "/dev/zero"
      })
  void areNamed(String file) {
    assertThat(refused("inspect", file))
        .contains(
            file.substring(0, Math.min(4, file.length()))
                .replace("\u001b", "\\u001b")
                .replace("\0", "\\u0000"));
  }

  @Test
  void cutsLongArguments() {
    assertThat(refused("inspect", "x".repeat(100_000))).contains("xxx... (100");
  }

  @Test
  void doesNotExpandArgumentFiles() throws IOException {
    Path file = Files.writeString(folder.resolve("arguments"), "--help");
    assertThat(refused("inspect", "@" + file)).contains("Cannot find file: ", "/@/");
  }

  @Test
  void boundsTheSizeOfConfigurationFiles() throws IOException {
    Path file = Files.writeString(folder.resolve("big.yaml"), "#".repeat((1 << 20) + 1));
    assertThat(refused("diff", "a.pt", "b.pt", "--policy", file.toString()))
        .contains("Invalid " + file + ": more than 1048576 bytes");
    assertThat(refused("diff", "a.pt", "b.pt", "--policy", "/dev/zero"))
        .contains("Invalid /dev/zero: expected a file");
  }

  private static String refused(String... args) {
    CommandRun run = CommandRun.of(args);
    assertThat(run.status()).as(run.err()).isEqualTo(2);
    assertThat(run.out()).isEmpty();
    assertThat(run.err()).startsWith("qtrace: ").hasLineCount(1).hasSizeLessThan(2_100);
    assertThat(run.err().strip().codePoints()).noneMatch(Character::isISOControl);
    return run.err();
  }
}
