package io.qtrace.job.train;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
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
 * Floats that tasks leave for each other in Spark's block managers, which bring them from executor
 * to executor.
 */
final class FloatBlocks {
  private static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;
  private static final long POLL_NANOS = 5_000_000;
  private static final ClassTag<Object> ANY = ClassTag$.MODULE$.apply(Object.class);

  private final BlockManager manager;
  private final TaskContext task;
  private final List<BlockId> mine = new ArrayList<>();
  private final List<BlockId> aged = new ArrayList<>();

  private FloatBlocks(BlockManager manager, TaskContext task) {
    this.manager = manager;
    this.task = task;
  }

  /** Blocks of a task, which are removed at its end. */
  static FloatBlocks ofTask(TaskContext task) {
    FloatBlocks blocks = new FloatBlocks(SparkEnv.get().blockManager(), task);
    TaskCompletionListener removal = ended -> blocks.clear();
    task.addTaskCompletionListener(removal);
    return blocks;
  }

  /**
   * Leaves values for other tasks.
   *
   * @throws IllegalStateException if the executor has no room for them
   */
  void put(BlockId id, FloatBuffer values) {
    ByteBuffer bytes = ByteBuffer.allocate(Math.multiplyExact(values.remaining(), Float.BYTES));
    bytes.order(ORDER).asFloatBuffer().put(values.duplicate());
    mine.add(id);
    if (!manager.putBytes(
        id, new ChunkedByteBuffer(bytes), StorageLevel.MEMORY_AND_DISK_SER(), true, ANY)) {
      throw new IllegalStateException(
          "Cannot store %d bytes of gradients: no room in memory or on disk; increase --executor-memory"
              .formatted(bytes.capacity()));
    }
  }

  /**
   * Values that a task leaves, on this executor or another; waits for them.
   *
   * @param count how many
   * @throws IllegalStateException if the task is killed in the meantime, as it is when another of
   *     its barrier stage fails
   */
  FloatBuffer get(BlockId id, int count) {
    while (true) {
      Optional<FloatBuffer> values = find(id, count);
      if (values.isPresent()) {
        return values.get();
      }
      if (task.isInterrupted()) {
        throw new IllegalStateException("Cannot fetch gradients of another replica: killed");
      }
      LockSupport.parkNanos(POLL_NANOS);
    }
  }

  private Optional<FloatBuffer> find(BlockId id, int count) {
    Option<BlockData> here = manager.getLocalBytes(id);
    if (here.isDefined()) {
      try {
        return Optional.of(floats(id, here.get().toByteBuffer(), count));
      } finally {
        manager.releaseLock(id, Option.empty());
      }
    }
    Option<ChunkedByteBuffer> there = manager.getRemoteBytes(id);
    return there.isEmpty()
        ? Optional.empty()
        : Optional.of(floats(id, there.get().toByteBuffer(), count));
  }

  /** What was put so far is removed by the next {@link #clearAged}. */
  void age() {
    aged.addAll(mine);
    mine.clear();
  }

  void clearAged() {
    aged.forEach(id -> manager.removeBlock(id, true));
    aged.clear();
  }

  /** Removes what was put. */
  void clear() {
    clearAged();
    mine.forEach(id -> manager.removeBlock(id, true));
    mine.clear();
  }

  private static FloatBuffer floats(BlockId id, ByteBuffer bytes, int count) {
    FloatBuffer values = bytes.order(ORDER).asFloatBuffer();
    if (values.remaining() != count) {
      throw new IllegalStateException(
          "Invalid gradients %s: %d values, expected %d".formatted(id, values.remaining(), count));
    }
    return values;
  }
}
