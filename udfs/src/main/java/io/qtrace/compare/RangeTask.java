package io.qtrace.compare;

import io.qtrace.tensor.TensorEntry;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * A unit of work: one range of elements, in C order, of tensors that have as many elements each. A
 * tensor's tasks run anywhere, in any order.
 *
 * @param members tensors to read, each once and in this order; one stays in memory until the last
 *     member that it is paired with, so members that are near those of their pairs need less memory
 * @param pairs which of them to compare
 * @param checks which of them must agree with a LUT
 * @param from first element, a multiple of {@link #ALIGNMENT}
 * @param to after the last element: a multiple of {@link #ALIGNMENT}, or all
 */
public record RangeTask(
    List<Member> members, List<Pair> pairs, List<LutCheck> checks, long from, long to)
    implements Serializable {
  /** Elements between places where tensors may be cut: whole leaves of every dtype. */
  public static final long ALIGNMENT = 1L << 20;

  /**
   * One tensor.
   *
   * @param id the caller's name for it, such as its checkpoint
   * @param maxValues maximum number of elements of a tensor whose {@link Measure#VALUES} are kept,
   *     at most {@link #ALIGNMENT}, so that no such tensor is split
   */
  public record Member(String id, TensorEntry tensor, Set<Measure> measures, int maxValues)
      implements Serializable {
    public Member {
      Objects.requireNonNull(id, "id");
      Objects.requireNonNull(tensor, "tensor");
      measures = Set.copyOf(measures);
      if (maxValues < 0 || maxValues > ALIGNMENT) {
        throw new IllegalArgumentException(
            "Invalid limit of values: %d, expected 0 to %d".formatted(maxValues, ALIGNMENT));
      }
    }

    /** A tensor of which {@link Measure#MAX_VALUES} values are kept. */
    public Member(String id, TensorEntry tensor, Set<Measure> measures) {
      this(id, tensor, measures, Measure.MAX_VALUES);
    }

    boolean wants(Measure measure) {
      return measures.contains(measure);
    }

    String file() {
      return tensor.storage().file();
    }
  }

  /** Two members, by their places in the list. */
  public record Pair(int left, int right) implements Serializable {}

  public RangeTask {
    members = List.copyOf(members);
    pairs = List.copyOf(pairs);
    checks = List.copyOf(checks);
    if (members.isEmpty()) {
      throw new IllegalArgumentException("Invalid task: no members, expected 1 or more");
    }
    long elements = members.get(0).tensor().elements();
    for (Member member : members) {
      requireElements(member, elements);
      boolean isSequential = member.measures().stream().anyMatch(Measure::isSequential);
      if (isSequential && (from != 0 || to != elements)) {
        throw new IllegalArgumentException(
            "Invalid task: digest of elements %d to %d, expected all %d"
                .formatted(from, to, elements));
      }
    }
    for (Pair pair : pairs) {
      Objects.checkIndex(pair.left(), members.size());
      Objects.checkIndex(pair.right(), members.size());
    }
    for (LutCheck check : checks) {
      check.require(members);
    }
    boolean aligned = from % ALIGNMENT == 0 && (to == elements || to % ALIGNMENT == 0);
    if (from < 0 || to > elements || (from >= to && elements > 0) || !aligned) {
      throw new IllegalArgumentException(
          "Invalid range: elements %d to %d of %d, expected multiples of %d"
              .formatted(from, to, elements, ALIGNMENT));
    }
  }

  /** The members' whole tensors. */
  public static RangeTask whole(List<Member> members, List<Pair> pairs) {
    return whole(members, pairs, List.of());
  }

  /** The members' whole tensors. */
  public static RangeTask whole(List<Member> members, List<Pair> pairs, List<LutCheck> checks) {
    return new RangeTask(members, pairs, checks, 0, members.get(0).tensor().elements());
  }

  /**
   * The same work in ranges of at most {@code elements} elements.
   *
   * @param elements a multiple of {@link #ALIGNMENT}
   */
  public List<RangeTask> split(long elements) {
    if (elements < ALIGNMENT || elements % ALIGNMENT != 0) {
      throw new IllegalArgumentException(
          "Invalid split: %d elements, expected a multiple of %d".formatted(elements, ALIGNMENT));
    }
    List<RangeTask> tasks = new ArrayList<>();
    long at = from;
    do {
      long end = to - at <= elements ? to : at + elements;
      tasks.add(new RangeTask(members, pairs, checks, at, end));
      at = end;
    } while (at < to);
    return tasks;
  }

  /** Files that the task reads. */
  public Set<String> files() {
    Set<String> files = new HashSet<>();
    members.forEach(member -> files.add(member.file()));
    checks.forEach(check -> files.add(check.lut().storage().file()));
    return files;
  }

  private static void requireElements(Member member, long expected) {
    if (member.tensor().elements() != expected) {
      throw new IllegalArgumentException(
          "Invalid task: %d elements in '%s', expected %d as the first member has"
              .formatted(member.tensor().elements(), member.id(), expected));
    }
  }
}
