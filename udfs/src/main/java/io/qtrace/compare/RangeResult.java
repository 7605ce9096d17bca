package io.qtrace.compare;

import io.qtrace.kernel.LutCheckPartial;
import java.io.Serializable;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BinaryOperator;

/**
 * The result of a {@link RangeTask}. A file that cannot be read voids all members that lie in it,
 * and the pairs and checks that need them: they are absent. Results of disjoint ranges of the same
 * members, pairs and checks merge in any order; what any of them lacks is void.
 *
 * @param members by place in the task
 * @param pairs by place in the task
 * @param checks by place in the task
 * @param failures why files cannot be read, by URI as the tensors have it
 */
public record RangeResult(
    SortedMap<Integer, MemberPartial> members,
    SortedMap<Integer, PairPartial> pairs,
    SortedMap<Integer, LutCheckPartial> checks,
    Map<String, String> failures)
    implements Serializable {
  public RangeResult {
    members = Collections.unmodifiableSortedMap(new TreeMap<>(members));
    pairs = Collections.unmodifiableSortedMap(new TreeMap<>(pairs));
    checks = Collections.unmodifiableSortedMap(new TreeMap<>(checks));
    failures = Map.copyOf(failures);
  }

  public RangeResult merge(RangeResult other) {
    Map<String, String> all = new TreeMap<>(failures);
    other.failures.forEach((file, reason) -> all.merge(file, reason, RangeResult::first));
    return new RangeResult(
        merge(members, other.members, MemberPartial::merge),
        merge(pairs, other.pairs, PairPartial::merge),
        merge(checks, other.checks, LutCheckPartial::merge),
        all);
  }

  // The same result in either order.
  private static String first(String one, String other) {
    return one.compareTo(other) <= 0 ? one : other;
  }

  private static <T> SortedMap<Integer, T> merge(
      Map<Integer, T> one, Map<Integer, T> other, BinaryOperator<T> merge) {
    SortedMap<Integer, T> both = new TreeMap<>();
    one.forEach(
        (place, partial) -> {
          if (other.containsKey(place)) {
            both.put(place, merge.apply(partial, other.get(place)));
          }
        });
    return both;
  }
}
