package io.qtrace.compare;

import java.io.Serializable;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What a {@link RangeTask} found. Results of disjoint ranges of the same members and pairs merge in
 * any order.
 *
 * @param members in the task's order
 * @param pairs in the task's order
 */
public record RangeResult(List<MemberPartial> members, List<PairPartial> pairs)
    implements Serializable {
  public RangeResult {
    members = List.copyOf(members);
    pairs = List.copyOf(pairs);
  }

  public RangeResult merge(RangeResult other) {
    if (members.size() != other.members.size() || pairs.size() != other.pairs.size()) {
      throw new IllegalArgumentException(
          "Invalid merge: %d members and %d pairs, expected %d and %d"
              .formatted(other.members.size(), other.pairs.size(), members.size(), pairs.size()));
    }
    return new RangeResult(
        IntStream.range(0, members.size())
            .mapToObj(i -> members.get(i).merge(other.members.get(i)))
            .toList(),
        IntStream.range(0, pairs.size())
            .mapToObj(i -> pairs.get(i).merge(other.pairs.get(i)))
            .toList());
  }

  /** Bytes that were asked for from storage. */
  public long bytesRead() {
    return members.stream().mapToLong(MemberPartial::bytesRead).sum();
  }
}
