package io.qtrace.job.compare;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class TestTaskPacking {
  @Test
  void tasksGetAboutTheSame() {
    List<Long> sizes = new Random(7).longs(500, 1, 1000).boxed().toList();
    List<List<Long>> tasks = TaskPacking.pack(sizes, 8, Long::longValue);
    LongStream sums =
        tasks.stream().mapToLong(task -> task.stream().mapToLong(Long::longValue).sum());
    assertThat(tasks).hasSize(8);
    assertThat(sums.summaryStatistics())
        .satisfies(
            s -> assertThat(s.getMax() - s.getMin()).isLessThan(1000),
            s -> assertThat(s.getSum()).isEqualTo(sizes.stream().mapToLong(Long::longValue).sum()));
  }

  @Test
  void noTaskIsEmpty() {
    assertThat(TaskPacking.pack(List.of(1L, 2L), 5, Long::longValue))
        .containsExactly(List.of(2L), List.of(1L));
    assertThat(TaskPacking.pack(List.<Long>of(), 5, Long::longValue)).isEmpty();
  }
}
