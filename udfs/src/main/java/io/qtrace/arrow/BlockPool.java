package io.qtrace.arrow;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.stream.Stream;

/**
 * Reuses blocks, since allocations are costly and fresh pages slow. Capacities are powers of two,
 * and all blocks together, in use or not, stay within the limit. Not thread safe.
 */
public final class BlockPool implements AutoCloseable {
  private final BlockAllocator memory;
  private final long limit;
  private final List<Deque<Block>> kept = // by the capacity's exponent
      Stream.generate(() -> (Deque<Block>) new ArrayDeque<Block>())
          .limit(Integer.SIZE - 1)
          .toList();
  private long allocated;

  public BlockPool(long limitBytes) {
    this.memory = new BlockAllocator(limitBytes);
    this.limit = limitBytes;
  }

  /** Bytes that a block of {@code bytes} takes up. */
  public static int capacity(int bytes) {
    int below = Integer.highestOneBit(Math.max(bytes, 1));
    return below < bytes ? Math.multiplyExact(below, 2) : below;
  }

  /**
   * A block with {@code bytes} in use, to be given back.
   *
   * @throws IllegalStateException if the blocks in use leave no room for it
   */
  public Block take(int bytes) {
    int capacity = capacity(bytes);
    Block block = kept.get(Integer.numberOfTrailingZeros(capacity)).poll();
    if (block == null) {
      makeRoom(capacity);
      block = memory.allocate(capacity);
      allocated += capacity;
    }
    return block.resize(bytes);
  }

  /** Takes back a block of this pool. */
  public void give(Block block) {
    kept.get(Integer.numberOfTrailingZeros(block.capacity())).push(block);
  }

  /** Most bytes that were allocated at one time. */
  public long peakBytes() {
    return memory.peakBytes();
  }

  /**
   * Frees the memory.
   *
   * @throws IllegalStateException if a block was not given back
   */
  @Override
  public void close() {
    kept.forEach(blocks -> blocks.forEach(Block::close));
    kept.forEach(Deque::clear);
    memory.close();
  }

  // Frees small blocks first: they are the quickest to allocate again.
  private void makeRoom(int capacity) {
    for (Deque<Block> blocks : kept) {
      while (allocated + capacity > limit && !blocks.isEmpty()) {
        Block block = blocks.poll();
        allocated -= block.capacity();
        block.close();
      }
    }
  }
}
