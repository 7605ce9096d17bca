package io.qtrace.job.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class TestMain {
  @Test
  void helpFitsTheTerminal() {
    CommandRun run = CommandRun.of("--help");
    assertThat(run.status()).isEqualTo(ExitStatus.CLEAN);
    assertThat(run.err()).isEmpty();
    assertThat(run.out())
        .contains("Examples:", "Exit status: 0 clean, 1 violations found, 2 error")
        .contains("inspect", "sql", "--master")
        .doesNotContain("\u001b");
    assertThat(run.out().lines()).allSatisfy(line -> assertThat(line.length()).isLessThan(101));
  }

  @Test
  void hasFifteenCommands() {
    assertThat(commands()).hasSize(15).contains("train", "experiment", "demo");
  }

  @ParameterizedTest
  @MethodSource("commands")
  void everyCommandHasHelpWithExamples(String command) {
    CommandRun run = CommandRun.of(command, "--help");
    assertThat(run.status()).isEqualTo(ExitStatus.CLEAN);
    assertThat(run.out()).contains("Examples:\n  qtrace " + command, "--format=text|", "--verbose");
    assertThat(run.out().lines()).allSatisfy(line -> assertThat(line.length()).isLessThan(101));
  }

  static Set<String> commands() {
    return Main.commandLine().getSubcommands().keySet();
  }

  @Test
  void versionNamesSparkToo() {
    assertThat(CommandRun.of("--version").out()).matches("qtrace .* \\(Spark 4\\..*, Java .*\\)\n");
  }

  @Test
  void printsHelpOnStandardErrorWithoutACommand() {
    CommandRun run = CommandRun.of();
    assertThat(run.status()).isEqualTo(ExitStatus.FAILED);
    assertThat(run.out()).isEmpty();
    assertThat(run.err()).contains("Usage: qtrace");
  }

  @Test
  void badUsageGivesTheReasonAndAHint() {
    assertThat(CommandRun.of("frobnicate"))
        .isEqualTo(failed("Unmatched argument at index 0: 'frobnicate'", "qtrace"));
    assertThat(CommandRun.of("inspect"))
        .isEqualTo(failed("Missing required parameter: 'FILE'", "qtrace inspect"));
    assertThat(CommandRun.of("sql", "--bogus", "-e", "select 1"))
        .isEqualTo(failed("Unknown option: '--bogus'", "qtrace sql"));
    assertThat(CommandRun.of("inspect", "f", "--format", "xml").err())
        .contains("'--format'", "but was 'xml'");
    assertThat(CommandRun.of("sql", "-e", "a", "-f", "b").status()).isEqualTo(ExitStatus.FAILED);
  }

  @Test
  void missingFileIsOneLine(@TempDir Path folder) {
    Path file = folder.resolve("none\u001b[31m.pt");
    CommandRun run = CommandRun.of("inspect", file.toString());
    assertThat(run.status()).isEqualTo(ExitStatus.FAILED);
    assertThat(run.out()).isEmpty();
    assertThat(run.err())
        .startsWith("qtrace: Cannot find file: file:" + folder + "/none\\u001b[31m.pt")
        .hasLineCount(1);
  }

  @Test
  void verboseAddsTheTrace(@TempDir Path folder) {
    String file = folder.resolve("none.pt").toString();
    for (CommandRun run :
        new CommandRun[] {
          CommandRun.of("--verbose", "inspect", file), CommandRun.of("inspect", file, "--verbose")
        }) {
      assertThat(run.err()).startsWith("qtrace: Cannot find file").contains("\tat io.qtrace");
    }
  }

  private static CommandRun failed(String reason, String command) {
    return new CommandRun(
        ExitStatus.FAILED, "", "qtrace: %s\nTry '%s --help'.\n".formatted(reason, command));
  }
}
