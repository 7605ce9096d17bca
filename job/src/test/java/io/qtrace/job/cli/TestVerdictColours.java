package io.qtrace.job.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TestVerdictColours {
  @Test
  void coloursOnlyVerdicts() {
    assertThat(Verdicts.coloured("VIOLATION: 1 edge, CLEAN 50% $1 @|x|@ UNCLEAN"))
        .isEqualTo(
            "\u001b[1m\u001b[31mVIOLATION\u001b[39m\u001b[21m\u001b[0m: 1 edge,"
                + " \u001b[32mCLEAN\u001b[39m\u001b[0m 50% $1 @|x|@ UNCLEAN");
  }

  @Test
  void hasNoColoursWithoutATerminal() {
    assertThat(CommandRun.of("--help").out() + CommandRun.of("diff", "none", "none").err())
        .doesNotContain("\u001b");
  }
}
