package io.qtrace.compare;

import io.qtrace.arrow.BlockPool;
import io.qtrace.arrow.ReadOptions;
import io.qtrace.arrow.TensorBlocks;

/**
 * How a task's range is split so that all live blocks fit into memory. All sizes are powers of two,
 * so that pieces fill windows and leaves exactly.
 *
 * @param windowElements elements of a member that are read at once, one range
 * @param pieceElements elements of a window that pass through all measures while they are in cache,
 *     at most 1 MiB
 * @param scratchBytes for tensors that are not contiguous, 0 without such
 * @param aheadBytes for windows that are read before they are due
 */
record RangePlan(int windowElements, int pieceElements, int scratchBytes, long aheadBytes) {
  static final int MIN_PIECE_ELEMENTS = 1 << 14; // whole leaves of the kernels' sums

  private static final int MAX_SCRATCH_BYTES = 4 << 20;

  /**
   * @throws IllegalArgumentException if the memory has no room for the least blocks
   */
  static RangePlan of(RangeSchedule schedule, long memoryBytes, ReadOptions read) {
    long least = leastBytes(schedule, memoryBytes);
    if (least > memoryBytes) {
      throw new IllegalArgumentException(
          "Invalid memory limit: %d bytes for %d tensors at once, expected %d or more"
              .formatted(memoryBytes, schedule.peakMembers(), least));
    }
    int scratch = scratch(schedule, memoryBytes);
    long available = memoryBytes - scratch - lut(schedule);
    long range = range(schedule);
    int widest = schedule.widest();
    int piece = (int) Math.min(Fingerprint.LEAF_BYTES / widest, range);
    while (piece > MIN_PIECE_ELEMENTS && (long) piece * schedule.pooledWidth() > available) {
      piece /= 2;
    }
    int window = (int) Math.max(Math.min(read.rangeBytes() / widest, range), piece);
    while (window > piece && (long) window * schedule.pooledWidth() > available) {
      window /= 2;
    }
    long free = Math.max(0, available - (long) window * schedule.pooledWidth());
    return new RangePlan(window, piece, scratch, Math.min(read.aheadBytes(), free));
  }

  /** Memory that the task needs, if {@code memoryBytes} are the most that it may have. */
  static long leastBytes(RangeSchedule schedule, long memoryBytes) {
    long piece =
        Math.min(
            Math.min(Fingerprint.LEAF_BYTES / schedule.widest(), range(schedule)),
            MIN_PIECE_ELEMENTS);
    return piece * schedule.peakWidth() + scratch(schedule, memoryBytes) + lut(schedule);
  }

  private static int scratch(RangeSchedule schedule, long memoryBytes) {
    if (!schedule.isStrided()) {
      return 0;
    }
    long quarter = Math.max(Long.highestOneBit(memoryBytes / 4), TensorBlocks.MIN_SCRATCH_BYTES);
    return (int) Math.min(quarter, MAX_SCRATCH_BYTES);
  }

  private static int lut(RangeSchedule schedule) {
    int bytes = schedule.largestLut();
    return bytes == 0 ? 0 : BlockPool.capacity(bytes);
  }

  // The next power of two, at most 2^40: larger ranges make no difference.
  private static long range(RangeSchedule schedule) {
    long length = schedule.task().to() - schedule.task().from();
    long below = Long.highestOneBit(Math.max(length, 1));
    return Math.min(below < length ? below << 1 : below, 1L << 40);
  }
}
