package io.qtrace.job.compare;

import io.qtrace.compare.LutCheck;
import io.qtrace.compare.Measure;
import io.qtrace.compare.RangeTask;
import io.qtrace.tensor.TensorEntry;
import java.io.Serializable;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Tensors that are read together, so that each byte is read once however many pairs it is compared
 * in.
 *
 * @param members tensors of equal element count
 * @param links comparisons among the members
 * @param checks layers of one checkpoint each; {@code _Q} and {@code _indices} are members
 */
record CompareUnit(List<Member> members, List<Link> links, List<LutCheck> checks)
    implements Serializable {
  /**
   * A tensor of one checkpoint.
   *
   * @param checkpoint its key
   * @param names tensor names that it stands for: several where they share storage in every
   *     checkpoint
   * @param measures wanted in addition to the comparisons
   */
  record Member(String checkpoint, List<String> names, TensorEntry entry, Set<Measure> measures)
      implements Serializable {
    Member {
      names = List.copyOf(names);
      measures = Set.copyOf(measures);
    }

    Member plus(Measure measure) {
      Set<Measure> more = new HashSet<>(measures);
      more.add(measure);
      return new Member(checkpoint, names, entry, more);
    }

    Member withNames(List<String> newNames) {
      return new Member(checkpoint, newNames, entry, measures);
    }
  }

  /**
   * One comparison.
   *
   * @param left member of the parent
   * @param right member of the child, which stands for the same names
   */
  record Link(int left, int right) implements Serializable {}

  CompareUnit {
    members = List.copyOf(members);
    links = List.copyOf(links);
    checks = List.copyOf(checks);
  }

  /** Ranges of this unit's tensors, each with about a given number of bytes over all members. */
  List<RangeTask> tasks(long bytes) {
    RangeTask whole = task(0, elements());
    if (members.stream()
        .flatMap(member -> member.measures().stream())
        .anyMatch(Measure::isSequential)) {
      return List.of(whole);
    }
    long alignments = bytes / (bytesPerElement() * RangeTask.ALIGNMENT);
    return whole.split(Math.max(alignments, 1) * RangeTask.ALIGNMENT);
  }

  /** A range of all members. */
  RangeTask task(long from, long to) {
    return new RangeTask(
        members.stream()
            .map(m -> new RangeTask.Member(m.checkpoint(), m.entry(), m.measures()))
            .toList(),
        links.stream().map(link -> new RangeTask.Pair(link.left(), link.right())).toList(),
        checks,
        from,
        to);
  }

  /** Bytes of all members for one element. */
  private long bytesPerElement() {
    return members.stream().mapToLong(member -> member.entry().dtype().bytes()).sum();
  }

  /** Elements of each member. */
  long elements() {
    return members.get(0).entry().elements();
  }

  /** Bytes of a range of all members. */
  long bytes(long from, long to) {
    return (to - from) * bytesPerElement();
  }

  /** Number of pairs of tensors that it compares: a member may stand for several. */
  int tensorPairs() {
    return links.stream().mapToInt(link -> members.get(link.left()).names().size()).sum();
  }

  CompareUnit withMembers(List<Member> newMembers) {
    return new CompareUnit(newMembers, links, checks);
  }
}
