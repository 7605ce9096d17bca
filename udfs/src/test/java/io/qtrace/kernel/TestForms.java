package io.qtrace.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class TestForms {
  @Test
  @Timeout(value = 5, unit = TimeUnit.MINUTES)
  void longWorkChangesToTheFastestForm() throws InterruptedException {
    for (int part = 0; part < 9; part++) {
      Forms.of(1 << 30);
    }
    while (Forms.of(1 << 20) != Forms.fastest()) {
      Thread.sleep(10);
    }
    assertThat(Forms.of(100)).isInstanceOf(ScalarKernels.class);
  }
}
