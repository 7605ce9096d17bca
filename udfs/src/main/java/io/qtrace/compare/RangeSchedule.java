package io.qtrace.compare;

import io.qtrace.compare.RangeTask.Member;
import io.qtrace.compare.RangeTask.Pair;
import io.qtrace.tensor.TensorEntry;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntUnaryOperator;

/**
 * When the blocks of a task's members are needed. Members are read in their order; a pair or a
 * check is due when the later of its two members is read, and a member's block is released after
 * the last pair or check that needs it.
 */
final class RangeSchedule {
  private final RangeTask task;
  private final Groups pairs;
  private final Groups checks;
  private final Groups released;
  private int peakMembers;
  private int peakWidth;
  private int pooledWidth;

  private RangeSchedule(RangeTask task) {
    this.task = task;
    List<Pair> allPairs = task.pairs();
    List<LutCheck> allChecks = task.checks();
    int[] lastUse = new int[task.members().size()];
    Arrays.setAll(lastUse, i -> i);
    allPairs.forEach(pair -> use(lastUse, pair.left(), pair.right()));
    allChecks.forEach(check -> use(lastUse, check.quantized(), check.indices()));
    int members = lastUse.length;
    this.pairs =
        Groups.of(
            members,
            allPairs.size(),
            p -> Math.max(allPairs.get(p).left(), allPairs.get(p).right()));
    this.checks =
        Groups.of(
            members,
            allChecks.size(),
            c -> Math.max(allChecks.get(c).quantized(), allChecks.get(c).indices()));
    this.released = Groups.of(members, members, i -> lastUse[i]);
    simulate();
  }

  static RangeSchedule of(RangeTask task) {
    return new RangeSchedule(task);
  }

  /** Integers by group, ascending within each. */
  record Groups(int[] starts, int[] items) {
    private static Groups of(int groups, int count, IntUnaryOperator group) {
      int[] starts = new int[groups + 1];
      for (int i = 0; i < count; i++) {
        starts[group.applyAsInt(i) + 1]++;
      }
      Arrays.parallelPrefix(starts, Integer::sum);
      int[] next = Arrays.copyOf(starts, groups);
      int[] items = new int[count];
      for (int i = 0; i < count; i++) {
        items[next[group.applyAsInt(i)]++] = i;
      }
      return new Groups(starts, items);
    }

    int from(int group) {
      return starts[group];
    }

    int to(int group) {
      return starts[group + 1];
    }

    int item(int at) {
      return items[at];
    }
  }

  RangeTask task() {
    return task;
  }

  /** Pairs that are due with each member. */
  Groups pairs() {
    return pairs;
  }

  /** Checks that are due with each member. */
  Groups checks() {
    return checks;
  }

  /** Members whose blocks are released after each member. */
  Groups released() {
    return released;
  }

  /** Most blocks that are alive at once. */
  int peakMembers() {
    return peakMembers;
  }

  /** Bytes of one element of all blocks that are alive at once, at most. */
  int peakWidth() {
    return peakWidth;
  }

  /** The same if blocks of one width are never replaced by those of another. */
  int pooledWidth() {
    return pooledWidth;
  }

  int widest() {
    int widest = 1;
    for (Member member : task.members()) {
      widest = Math.max(widest, width(member));
    }
    return widest;
  }

  /** Bytes of the largest LUT, 0 without any. */
  int largestLut() {
    int largest = 0;
    for (LutCheck check : task.checks()) {
      largest = Math.max(largest, Math.toIntExact(check.lut().bytes()));
    }
    return largest;
  }

  /** Whether a tensor needs scratch memory to be read. */
  boolean isStrided() {
    return task.members().stream().anyMatch(member -> !member.tensor().isContiguous())
        || task.checks().stream().map(LutCheck::lut).anyMatch(lut -> !lut.isContiguous());
  }

  private void simulate() {
    int[] alive = new int[Integer.SIZE]; // by the exponent of the width
    int[] peak = new int[Integer.SIZE];
    int members = 0;
    int width = 0;
    for (int i = 0; i < task.members().size(); i++) {
      int own = width(task.members().get(i));
      int exponent = Integer.numberOfTrailingZeros(own);
      peak[exponent] = Math.max(peak[exponent], ++alive[exponent]);
      peakMembers = Math.max(peakMembers, ++members);
      width += own;
      peakWidth = Math.max(peakWidth, width);
      for (int at = released.from(i); at < released.to(i); at++) {
        int gone = width(task.members().get(released.item(at)));
        alive[Integer.numberOfTrailingZeros(gone)]--;
        members--;
        width -= gone;
      }
    }
    for (int exponent = 0; exponent < peak.length; exponent++) {
      pooledWidth += peak[exponent] << exponent;
    }
  }

  private static int width(Member member) {
    TensorEntry tensor = member.tensor();
    return tensor.dtype().bytes();
  }

  private static void use(int[] lastUse, int one, int other) {
    int later = Math.max(one, other);
    lastUse[one] = Math.max(lastUse[one], later);
    lastUse[other] = Math.max(lastUse[other], later);
  }
}
