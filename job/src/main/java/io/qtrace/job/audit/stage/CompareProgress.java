package io.qtrace.job.audit.stage;

import io.qtrace.job.progress.Progress;
import io.qtrace.job.progress.Stage;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** How far the compare stage has come: a checkpoint is done with its last task. */
final class CompareProgress {
  /**
   * A task.
   *
   * @param checkpoints those whose tensors it reads, by position
   * @param bytes that it reads
   */
  record Task(Set<Integer> checkpoints, long bytes) {}

  private final Progress progress;
  private final List<Task> tasks;
  private final Map<Integer, Integer> openTasks = new HashMap<>(); // by checkpoint
  private final int checkpoints;
  private final long totalBytes;
  private long bytes;

  CompareProgress(Progress progress, List<Task> tasks) {
    this.progress = progress;
    this.tasks = tasks;
    tasks.forEach(task -> task.checkpoints().forEach(c -> openTasks.merge(c, 1, Integer::sum)));
    this.checkpoints = openTasks.size();
    this.totalBytes = tasks.stream().mapToLong(Task::bytes).sum();
    show();
  }

  /** A task has ended; each is told once. */
  void finished(int task) {
    bytes += tasks.get(task).bytes();
    tasks
        .get(task)
        .checkpoints()
        .forEach(c -> openTasks.computeIfPresent(c, (key, open) -> open == 1 ? null : open - 1));
    show();
  }

  private void show() {
    progress.show(
        new Stage(
            "comparing",
            "checkpoints",
            checkpoints - openTasks.size(),
            checkpoints,
            bytes,
            totalBytes));
  }
}
