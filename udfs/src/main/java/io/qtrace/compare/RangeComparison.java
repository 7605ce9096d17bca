package io.qtrace.compare;

import io.qtrace.arrow.Block;
import io.qtrace.arrow.BlockAllocator;
import io.qtrace.arrow.ReadOptions;
import io.qtrace.arrow.TensorBlocks;
import io.qtrace.arrow.TensorStream;
import io.qtrace.compare.RangeTask.Member;
import io.qtrace.compare.RangeTask.Pair;
import io.qtrace.io.CloseStack;
import io.qtrace.io.FormatException;
import io.qtrace.io.ObjectStore;
import io.qtrace.io.OpenFiles;
import io.qtrace.io.RangeReader;
import io.qtrace.kernel.Kernels;
import io.qtrace.kernel.LutCheckAccumulator;
import io.qtrace.tensor.TensorEntry;
import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs {@link RangeTask}s one after the other: every member's bytes are read once, in blocks that
 * pass through all measures and comparisons while they are in cache. Files stay open for the tasks
 * that follow. Not thread safe.
 */
public final class RangeComparison implements Closeable {
  private final long memoryBytes;
  private final ReadOptions read;
  private final BlockAllocator memory;
  private final OpenFiles files;

  /**
   * @param memoryBytes most off-heap memory that a task may hold, freed when it ends
   */
  public RangeComparison(ObjectStore store, long memoryBytes, ReadOptions read) {
    this.memoryBytes = memoryBytes;
    this.read = read;
    this.memory = new BlockAllocator(memoryBytes);
    this.files = new OpenFiles(store);
  }

  /**
   * What the task's range holds. After a failure others may be run.
   *
   * @throws FormatException if a file ends before a storage that it claims to hold
   * @throws IllegalArgumentException if the memory limit has no room for a block of every member
   */
  public RangeResult run(RangeTask task) throws IOException {
    RangePlan plan = RangePlan.of(task, memoryBytes, read);
    try (CloseStack blocks = new CloseStack()) {
      files.expect(task.files());
      LutReader luts = new LutReader(memory, files, read);
      List<LutCheckAccumulator> checks = new ArrayList<>();
      for (LutCheck check : task.checks()) {
        checks.add(check.accumulator(task.members(), luts.read(check.lut())));
      }
      List<MemberMeter> members = open(task, plan, blocks);
      List<PairMeter> pairs = new ArrayList<>();
      for (Pair pair : task.pairs()) {
        pairs.add(new PairMeter(members.get(pair.left()), members.get(pair.right())));
      }
      int count;
      for (long index = task.from(); index < task.to(); index += count) {
        count = (int) Math.min(plan.stepElements(), task.to() - index);
        step(task, members, pairs, index, count);
        for (int i = 0; i < checks.size(); i++) {
          LutCheck check = task.checks().get(i);
          Block quantized = members.get(check.quantized()).block();
          Block indices = members.get(check.indices()).block();
          Kernels.checkLut(quantized, indices, count, index, checks.get(i));
        }
      }
      return new RangeResult(
          members.stream().map(MemberMeter::partial).toList(),
          pairs.stream().map(PairMeter::partial).toList(),
          checks.stream().map(LutCheckAccumulator::partial).toList(),
          luts.bytesRead());
    }
  }

  private static void step(
      RangeTask task, List<MemberMeter> members, List<PairMeter> pairs, long index, int count)
      throws IOException {
    for (MemberMeter member : members) {
      member.read(index, count);
    }
    int[] equal = new int[members.size()]; // an earlier member with the same block, or itself
    for (int i = 0; i < equal.length; i++) {
      equal[i] = i;
    }
    for (int p = 0; p < pairs.size(); p++) {
      boolean same = pairs.get(p).compare(index, count);
      Pair pair = task.pairs().get(p);
      int first = Math.min(pair.left(), pair.right());
      int second = Math.max(pair.left(), pair.right());
      if (same && members.get(first).measuresAs(members.get(second))) {
        equal[second] = Math.min(equal[second], equal[first]);
      }
    }
    for (int i = 0; i < equal.length; i++) {
      members.get(i).measure(members.get(equal[i]));
    }
  }

  /**
   * Closes the files and frees the memory.
   *
   * @throws IllegalStateException if a block was not closed
   */
  @Override
  public void close() throws IOException {
    try (CloseStack owned = new CloseStack()) {
      owned.add(memory);
      owned.add(files);
    }
  }

  private List<MemberMeter> open(RangeTask task, RangePlan plan, CloseStack blocks)
      throws IOException {
    Block scratch =
        plan.scratchBytes() > 0 ? blocks.add(memory.allocate(plan.scratchBytes())) : null;
    List<MemberMeter> meters = new ArrayList<>();
    for (Member member : task.members()) {
      TensorEntry tensor = member.tensor();
      RangeReader reader = files.open(member.file());
      TensorBlocks source = TensorBlocks.of(tensor, reader, read, scratch);
      Block window = blocks.add(memory.allocate(plan.windowBytes(member, task)));
      int width = tensor.dtype().bytes();
      TensorStream stream =
          new TensorStream(source, task.from() * width, task.to() * width, window);
      meters.add(new MemberMeter(member, reader, stream, task.from()));
    }
    return meters;
  }
}
