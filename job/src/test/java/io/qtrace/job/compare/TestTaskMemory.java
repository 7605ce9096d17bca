package io.qtrace.job.compare;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TestTaskMemory {
  private static final long GIB = 1L << 30;

  @Test
  void tasksOfFewCoresHoldAsManyTensorsAsTheyWant() {
    assertThat(TaskMemory.tensors(GIB, 2, 100_000)).isEqualTo(100_000);
    assertThat(TaskMemory.tensors(GIB, 4, 40_000)).isEqualTo(40_000);
  }

  @Test
  void tasksOfManyCoresShareTheHeap() {
    int each = TaskMemory.tensors(GIB, 16, 40_000);
    assertThat(each).isBetween(10_000, 20_000);
    assertThat(TaskMemory.tensors(4 * GIB, 64, 40_000)).isEqualTo(each);
    assertThat(TaskMemory.tensors(GIB, 1 << 30, 40_000)).isEqualTo(1);
  }
}
