package io.qtrace.compare;

import io.qtrace.arrow.Block;
import io.qtrace.arrow.BlockAllocator;
import io.qtrace.arrow.ReadOptions;
import io.qtrace.arrow.TensorBlocks;
import io.qtrace.arrow.TensorStream;
import io.qtrace.compare.RangeTask.Member;
import io.qtrace.compare.RangeTask.Pair;
import io.qtrace.io.FormatException;
import io.qtrace.io.ObjectStore;
import io.qtrace.io.RangeReader;
import io.qtrace.tensor.TensorEntry;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Runs one {@link RangeTask}: every member's bytes are read once, in blocks that pass through all
 * measures and comparisons while they are in cache.
 */
public final class RangeComparison {
  private final ObjectStore store;
  private final long memoryBytes;
  private final ReadOptions read;

  /**
   * @param memoryBytes most off-heap memory that a task may hold
   */
  public RangeComparison(ObjectStore store, long memoryBytes, ReadOptions read) {
    this.store = store;
    this.memoryBytes = memoryBytes;
    this.read = read;
  }

  /**
   * What the task's range holds.
   *
   * @throws FormatException if a file ends before a storage that it claims to hold
   * @throws IllegalArgumentException if the memory limit has no room for a block of every member
   */
  public RangeResult run(RangeTask task) throws IOException {
    RangePlan plan = RangePlan.of(task, memoryBytes, read);
    try (CloseStack opened = new CloseStack()) {
      List<MemberMeter> members = open(task, plan, opened);
      List<PairMeter> pairs = new ArrayList<>();
      for (Pair pair : task.pairs()) {
        pairs.add(new PairMeter(members.get(pair.left()), members.get(pair.right())));
      }
      int count;
      for (long index = task.from(); index < task.to(); index += count) {
        count = (int) Math.min(plan.stepElements(), task.to() - index);
        step(task, members, pairs, index, count);
      }
      return new RangeResult(
          members.stream().map(MemberMeter::partial).toList(),
          pairs.stream().map(PairMeter::partial).toList());
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

  private List<MemberMeter> open(RangeTask task, RangePlan plan, CloseStack opened)
      throws IOException {
    BlockAllocator memory = opened.add(new BlockAllocator(memoryBytes));
    Block scratch =
        plan.scratchBytes() > 0 ? opened.add(memory.allocate(plan.scratchBytes())) : null;
    Map<String, RangeReader> readers = new HashMap<>();
    List<MemberMeter> meters = new ArrayList<>();
    for (Member member : task.members()) {
      TensorEntry tensor = member.tensor();
      String file = tensor.storage().file();
      RangeReader reader = readers.get(file);
      if (reader == null) {
        reader = opened.add(store.open(file));
        readers.put(file, reader);
      }
      TensorBlocks source =
          tensor.isContiguous()
              ? TensorBlocks.contiguous(tensor, reader, read)
              : TensorBlocks.strided(tensor, reader, read, scratch);
      Block window = opened.add(memory.allocate(plan.windowBytes(member, task)));
      int width = tensor.dtype().bytes();
      TensorStream stream =
          new TensorStream(source, task.from() * width, task.to() * width, window);
      meters.add(new MemberMeter(member, reader, stream, task.from()));
    }
    return meters;
  }
}
