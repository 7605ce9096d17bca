package io.qtrace.job.train;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
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
  private static final ClassTag<Object> ANY = ClassTag$.MODULE$.apply(Object.class);

  private final BlockManager manager;
  private final List<BlockId> mine = new ArrayList<>();

  private FloatBlocks(BlockManager manager) {
    this.manager = manager;
  }

  /** Blocks of a task, which are removed at its end. */
  static FloatBlocks ofTask(TaskContext task) {
    FloatBlocks blocks = new FloatBlocks(SparkEnv.get().blockManager());
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
   * Values that a task left, on this executor or another.
   *
   * @param count how many
   * @throws IllegalStateException if they cannot be had
   */
  FloatBuffer get(BlockId id, int count) {
    Option<BlockData> here = manager.getLocalBytes(id);
    if (here.isDefined()) {
      try {
        return floats(id, here.get().toByteBuffer(), count);
      } finally {
        manager.releaseLock(id, Option.empty());
      }
    }
    Option<ChunkedByteBuffer> there = manager.getRemoteBytes(id);
    if (there.isEmpty()) {
      throw new IllegalStateException(
          "Cannot fetch gradients of another replica: its executor is gone");
    }
    return floats(id, there.get().toByteBuffer(), count);
  }

  /** Removes what was put. */
  void clear() {
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
