package io.qtrace.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class TestPyTorch {
  @Test
  void scriptSeesItsArguments() throws Exception {
    String script = "import sys, torch; print(torch.arange(int(sys.argv[1])).tolist())";
    assertThat(PyTorch.run(script, "3")).isEqualTo("[0, 1, 2]\n");
  }

  @Test
  void failedScriptTellsWhy() {
    assertThatThrownBy(() -> PyTorch.run("raise SystemExit('no such tensor')"))
        .hasMessageContaining("no such tensor");
  }
}
