package io.qtrace.job.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TestShellCommand {
  @Test
  void leavesPlainWordsAlone() {
    assertThat(ShellCommand.qtrace(List.of("explain", "s3a://b/a_1.pt", "--kind", "bake")))
        .endsWith("qtrace explain s3a://b/a_1.pt --kind bake");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a b",
        "it's",
        "it's $HOME",
        "`id`",
        "a\"b",
        "a;b",
        "",
        "*",
        "tab\there",
        "bell\u0007's",
        "é"
      })
  void aShellReadsEveryWordAsItWas(String word) throws Exception {
    String line = ShellCommand.qtrace(List.of(word));
    assertThat(line.codePoints()).noneMatch(Character::isISOControl);
    Process shell =
        new ProcessBuilder("bash", "-c", "printf %s " + line.substring(line.indexOf(' ') + 1))
            .start();
    assertThat(new String(shell.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
        .isEqualTo(word);
  }
}
