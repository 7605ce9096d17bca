package io.qtrace.job.parents;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TestCost {
  @Test
  void aDamagedCopyCostsLessThanATrainingOfAll() {
    assertThat(cost(1, 0)).isLessThan(cost(0, 40));
    assertThat(cost(2, 0)).isLessThan(cost(0, 40));
    assertThat(cost(1, 0)).isGreaterThan(cost(0, 1));
  }

  @Test
  void whatIsUnexplainedInManyTensorsCostsMoreThanAnyTraining() {
    assertThat(cost(3, 0)).isGreaterThan(cost(0, 1_000));
  }

  @Test
  void nanDistanceCostsMoreThanAny() {
    assertThat(Cost.of(0, 0, 1, 0, Double.NaN, 0, 0))
        .isGreaterThan(Cost.of(0, 0, 1, 0, 1_000, 0, 0));
  }

  @Test
  void ofParentsThatLeaveAsMuchUnexplainedTheOneWithFewerChangesCostsLess() {
    assertThat(Cost.of(0, 1, 0, 2, 0, 0, 1)).isLessThan(Cost.of(0, 1, 0, 3, 0, 0, 0));
    assertThat(Cost.of(0, 0, 0, 2, 0, 0, 1)).isGreaterThan(Cost.of(0, 0, 0, 3, 0, 0, 0));
  }

  private static Cost cost(int unexplained, int invented) {
    return Cost.of(0, unexplained, invented, 0, 0, 0, 0);
  }
}
