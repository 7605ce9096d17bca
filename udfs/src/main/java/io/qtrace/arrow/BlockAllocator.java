package io.qtrace.arrow;

import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.OutOfMemoryException;
import org.apache.arrow.memory.RootAllocator;

/**
 * The off-heap memory of one task: blocks up to a limit in all. Closing it fails when a block is
 * still open.
 */
public final class BlockAllocator implements AutoCloseable {
  private final BufferAllocator root;

  public BlockAllocator(long limitBytes) {
    if (limitBytes < 1) {
      throw new IllegalArgumentException(
          "Invalid memory limit: " + limitBytes + " bytes, expected 1 or more");
    }
    root = new RootAllocator(limitBytes);
  }

  /**
   * A block of {@code capacity} bytes; sizes below 16 MiB take up the next power of two.
   *
   * @throws IllegalStateException if the limit leaves no room for it
   */
  public Block allocate(int capacity) {
    if (capacity < 1) {
      throw new IllegalArgumentException(
          "Invalid block: " + capacity + " bytes, expected 1 or more");
    }
    try {
      return new Block(root.buffer(capacity), capacity);
    } catch (OutOfMemoryException e) {
      throw new IllegalStateException(
          "Cannot allocate %d bytes: %d of %d in use"
              .formatted(capacity, root.getAllocatedMemory(), root.getLimit()),
          e);
    }
  }

  /** Most bytes that were in use at one time. */
  public long peakBytes() {
    return root.getPeakMemoryAllocation();
  }

  /**
   * @throws IllegalStateException if a block was not closed
   */
  @Override
  public void close() {
    root.close();
  }
}
