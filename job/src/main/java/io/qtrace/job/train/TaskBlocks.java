package io.qtrace.job.train;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.apache.spark.SparkEnv;
import org.apache.spark.TaskContext;
import org.apache.spark.storage.BlockData;
import org.apache.spark.storage.BlockId;
import org.apache.spark.storage.BlockManager;
import org.apache.spark.storage.StorageLevel;
import org.apache.spark.util.TaskCompletionListener;
import org.apache.spark.util.io.ChunkedByteBuffer;
import scala.Option;
import scala.reflect.ClassTag;
import scala.reflect.ClassTag$;

/**
 * Bytes that tasks exchange through Spark's block managers, which transfer them between executors.
 */
final class TaskBlocks {
  private static final long POLL_NANOS = 5_000_000;
  private static final ClassTag<Object> ANY = ClassTag$.MODULE$.apply(Object.class);

  private final BlockManager manager;
  private final TaskContext task;
  private final List<BlockId> mine = new ArrayList<>();
  private final List<BlockId> aged = new ArrayList<>();

  private TaskBlocks(BlockManager manager, TaskContext task) {
    this.manager = manager;
    this.task = task;
  }

  /** Blocks of a task, which are removed at its end. */
  static TaskBlocks ofTask(TaskContext task) {
    TaskBlocks blocks = new TaskBlocks(SparkEnv.get().blockManager(), task);
    TaskCompletionListener removal = ended -> blocks.clear();
    task.addTaskCompletionListener(removal);
    return blocks;
  }

  /**
   * Leaves bytes for other tasks.
   *
   * @param bytes from 0 to their limit; they must not change afterwards
   * @throws IllegalStateException if the executor has no room for them
   */
  void put(BlockId id, ByteBuffer bytes) {
    mine.add(id);
    if (!manager.putBytes(
        id, new ChunkedByteBuffer(bytes), StorageLevel.MEMORY_AND_DISK_SER(), true, ANY)) {
      throw new IllegalStateException(
          "Cannot store %d bytes of gradients: no room in memory or on disk; increase --executor-memory"
              .formatted(bytes.limit()));
    }
  }

  /**
   * Bytes that a task leaves, on this executor or another; waits for them.
   *
   * @throws IllegalStateException if the task is killed in the meantime, as it is when another of
   *     its barrier stage fails
   */
  ByteBuffer get(BlockId id) {
    while (true) {
      Optional<ByteBuffer> bytes = find(id);
      if (bytes.isPresent()) {
        return bytes.get();
      }
      if (task.isInterrupted()) {
        throw new IllegalStateException("Cannot fetch gradients of another replica: killed");
      }
      LockSupport.parkNanos(POLL_NANOS);
    }
  }

  private Optional<ByteBuffer> find(BlockId id) {
    Option<BlockData> here = manager.getLocalBytes(id);
    if (here.isDefined()) {
      try {
        return Optional.of(here.get().toByteBuffer());
      } finally {
        manager.releaseLock(id, Option.empty());
      }
    }
    Option<ChunkedByteBuffer> there = manager.getRemoteBytes(id);
    return there.isEmpty() ? Optional.empty() : Optional.of(there.get().toByteBuffer());
  }

  /** Marks everything put so far for removal by the next {@link #clearAged}. */
  void age() {
    aged.addAll(mine);
    mine.clear();
  }

  void clearAged() {
    aged.forEach(id -> manager.removeBlock(id, true));
    aged.clear();
  }

  /** Removes everything that was put. */
  void clear() {
    clearAged();
    mine.forEach(id -> manager.removeBlock(id, true));
    mine.clear();
  }
}
