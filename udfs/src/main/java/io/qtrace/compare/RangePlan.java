package io.qtrace.compare;

import io.qtrace.arrow.ReadOptions;
import io.qtrace.arrow.TensorBlocks;
import io.qtrace.compare.RangeTask.Member;

/**
 * How a task's range is cut so that a block of every member fits into memory at once. All sizes are
 * powers of two, so that steps fill windows and leaves exactly.
 *
 * @param stepElements elements of every member that are looked at together, at most 1 MiB each
 * @param windowBytes bytes of one member that are read at once, at least a step's
 * @param scratchBytes for members that are not contiguous, 0 without such
 */
record RangePlan(int stepElements, int windowBytes, int scratchBytes) {
  static final int MIN_STEP_ELEMENTS = 1 << 14; // whole leaves of the kernels' sums

  private static final int MAX_SCRATCH_BYTES = 4 << 20;

  static RangePlan of(RangeTask task, long memoryBytes, ReadOptions read) {
    int widest = 1;
    int bytesPerElement = 0;
    boolean strided = false;
    for (Member member : task.members()) {
      widest = Math.max(widest, member.tensor().dtype().bytes());
      bytesPerElement += member.tensor().dtype().bytes();
      strided |= !member.tensor().isContiguous();
    }
    int scratch = strided ? scratch(memoryBytes) : 0;
    long available = memoryBytes - scratch;
    long length = task.to() - task.from();
    int step = (int) Math.min(Fingerprint.LEAF_BYTES / widest, powerOfTwo(length));
    while (step > MIN_STEP_ELEMENTS && (long) step * bytesPerElement > available) {
      step /= 2;
    }
    if ((long) step * bytesPerElement > available) {
      throw new IllegalArgumentException(
          "Invalid memory limit: %d bytes for %d tensors, expected %d or more"
              .formatted(
                  memoryBytes, task.members().size(), (long) step * bytesPerElement + scratch));
    }
    RangePlan plan = new RangePlan(step, Integer.highestOneBit(read.windowBytes()), scratch);
    while (plan.windowBytes > 1 && plan.allWindows(task) > available) {
      plan = new RangePlan(step, plan.windowBytes / 2, scratch);
    }
    return plan;
  }

  /** Bytes of the member's window: never more than its range fills. */
  int windowBytes(Member member, RangeTask task) {
    int width = member.tensor().dtype().bytes();
    long range = powerOfTwo(task.to() - task.from()) * width;
    return (int) Math.max((long) stepElements * width, Math.min(windowBytes, range));
  }

  private long allWindows(RangeTask task) {
    return task.members().stream().mapToLong(member -> windowBytes(member, task)).sum();
  }

  private static int scratch(long memoryBytes) {
    long quarter = Math.max(Long.highestOneBit(memoryBytes / 4), TensorBlocks.MIN_SCRATCH_BYTES);
    return (int) Math.min(quarter, MAX_SCRATCH_BYTES);
  }

  // The next power of two, at most 2^40: no range of elements matters above.
  private static long powerOfTwo(long length) {
    long below = Long.highestOneBit(Math.max(length, 1));
    return Math.min(below < length ? below << 1 : below, 1L << 40);
  }
}
