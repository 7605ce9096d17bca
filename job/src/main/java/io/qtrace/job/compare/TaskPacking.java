package io.qtrace.job.compare;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.function.ToLongFunction;

/** Spreads pieces of work over tasks of about equal size. */
final class TaskPacking {
  private TaskPacking() {}

  /**
   * Assigns the largest pieces first, each to the task with the least work so far; tasks without
   * pieces are left out.
   */
  static <T> List<List<T>> pack(List<T> pieces, int tasks, ToLongFunction<T> size) {
    PriorityQueue<Task<T>> bySize =
        new PriorityQueue<>(
            Comparator.comparingLong((Task<T> task) -> task.size)
                .thenComparingInt(task -> task.number));
    for (int i = 0; i < tasks; i++) {
      bySize.add(new Task<>(i));
    }
    List<Task<T>> all = new ArrayList<>(bySize);
    pieces.stream()
        .sorted(Comparator.comparingLong(size).reversed())
        .forEach(
            piece -> {
              Task<T> least = bySize.remove();
              least.pieces.add(piece);
              least.size += size.applyAsLong(piece);
              bySize.add(least);
            });
    all.sort(Comparator.comparingInt(task -> task.number));
    return all.stream()
        .filter(task -> !task.pieces.isEmpty())
        .<List<T>>map(task -> task.pieces)
        .toList();
  }

  private static final class Task<T> {
    private final int number;
    private final List<T> pieces = new ArrayList<>();
    private long size;

    Task(int number) {
      this.number = number;
    }
  }
}
