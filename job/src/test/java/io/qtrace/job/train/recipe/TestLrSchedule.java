package io.qtrace.job.train.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class TestLrSchedule {
  @Test
  void riseFromZeroThenFallAlongACosine() {
    LrSchedule rates = new LrSchedule(1, 1, 0, 4, 12, 0.1, 1);
    double[] expected = {0, 0.25, 0.5, 0.75, 1};
    for (int step = 0; step < expected.length; step++) {
      assertThat(rates.factor(step)).isEqualTo(expected[step]);
    }
    assertThat(rates.factor(6)).isCloseTo(0.1 + 0.9 * 0.8535533905932737, within(1e-15));
    assertThat(rates.factor(8)).isCloseTo(0.55, within(1e-15)); // halfway
    assertThat(rates.factor(12)).isCloseTo(0.1, within(1e-15));
    assertThat(rates.factor(20)).isCloseTo(0.1, within(1e-15));
  }

  @Test
  void withoutWarmUpBeginAtTheTop() {
    assertThat(new LrSchedule(1, 1, 0, 0, 1, 0.1, 1).factor(0)).isEqualTo(1);
    assertThat(new LrSchedule(1, 1, 0, 5, 5, 0.1, 1).factor(5)).isEqualTo(1);
  }

  @Test
  void valuesOutOfRangeAreErrors() {
    refused(-1, 0, 1, 0.1, 1, "Invalid lr: -1.0, expected a finite number, 0 or more");
    refused(1, -1, 1, 0.1, 1, "Invalid warmup steps: -1, expected 0 or more");
    refused(1, 0, 0, 0.1, 1, "Invalid max steps: 0, expected 1 or more");
    refused(1, 0, 1, 1.1, 1, "Invalid min lr ratio: 1.1, expected 0 to 1");
    refused(1, 0, 1, 0.1, 0, "Invalid gradient clip: 0.0, expected a number above 0");
  }

  private static void refused(
      double lr, int warmup, int steps, double ratio, double clip, String reason) {
    assertThatThrownBy(() -> new LrSchedule(lr, 0, 0, warmup, steps, ratio, clip))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(reason);
  }
}
