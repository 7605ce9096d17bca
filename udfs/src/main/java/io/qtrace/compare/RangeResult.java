package io.qtrace.compare;

import io.qtrace.kernel.LutCheckPartial;
import java.io.Serializable;
import java.util.List;
import java.util.function.BinaryOperator;
import java.util.stream.IntStream;

/**
 * What a {@link RangeTask} found. Results of disjoint ranges of the same members, pairs and checks
 * merge in any order.
 *
 * @param members in the task's order
 * @param pairs in the task's order
 * @param checks in the task's order
 * @param lutBytes bytes of LUTs that were asked for from storage
 */
public record RangeResult(
    List<MemberPartial> members,
    List<PairPartial> pairs,
    List<LutCheckPartial> checks,
    long lutBytes)
    implements Serializable {
  public RangeResult {
    members = List.copyOf(members);
    pairs = List.copyOf(pairs);
    checks = List.copyOf(checks);
  }

  public RangeResult merge(RangeResult other) {
    return new RangeResult(
        merge("members", members, other.members, MemberPartial::merge),
        merge("pairs", pairs, other.pairs, PairPartial::merge),
        merge("checks", checks, other.checks, LutCheckPartial::merge),
        lutBytes + other.lutBytes);
  }

  /** Bytes that were asked for from storage. */
  public long bytesRead() {
    return lutBytes + members.stream().mapToLong(MemberPartial::bytesRead).sum();
  }

  private static <T> List<T> merge(
      String what, List<T> one, List<T> other, BinaryOperator<T> merge) {
    if (one.size() != other.size()) {
      throw new IllegalArgumentException(
          "Invalid merge: %d %s, expected %d".formatted(other.size(), what, one.size()));
    }
    return IntStream.range(0, one.size())
        .mapToObj(i -> merge.apply(one.get(i), other.get(i)))
        .toList();
  }
}
