package io.qtrace.job.audit;

import io.qtrace.compare.Measure;
import io.qtrace.compare.RangeTask;
import io.qtrace.tensor.TensorEntry;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Tensors that are read together, so that each byte is read once however many pairs it is compared
 * in.
 *
 * @param names tensor names that this unit answers for: several where they share storage in every
 *     checkpoint
 * @param members tensors of equal element count, one a checkpoint
 * @param pairs comparisons among the members
 */
record CompareUnit(List<String> names, List<Member> members, List<Link> pairs) {
  /**
   * A tensor of one checkpoint.
   *
   * @param checkpoint position in the input
   * @param measures what is wanted of it beside the comparisons
   */
  record Member(int checkpoint, TensorEntry entry, Set<Measure> measures) {
    Member {
      measures = Set.copyOf(measures);
    }

    Member plus(Measure measure) {
      Set<Measure> more = EnumSet.of(measure);
      more.addAll(measures);
      return new Member(checkpoint, entry, more);
    }
  }

  /**
   * One comparison.
   *
   * @param pair position among the input's pairs
   * @param left member
   * @param right member
   */
  record Link(int pair, int left, int right) {}

  CompareUnit {
    names = List.copyOf(names);
    members = List.copyOf(members);
    pairs = List.copyOf(pairs);
  }

  /** Ranges of this unit's tensors, each of about so many bytes of all members together. */
  List<RangeTask> tasks(long bytes) {
    RangeTask whole =
        RangeTask.whole(
            members.stream()
                .map(m -> new RangeTask.Member(m.entry().storage().file(), m.entry(), m.measures()))
                .toList(),
            pairs.stream().map(link -> new RangeTask.Pair(link.left(), link.right())).toList());
    if (members.stream().anyMatch(member -> member.measures().contains(Measure.MD5))) {
      return List.of(whole); // MD5 takes the bytes in their order
    }
    long alignments = bytes / (bytesPerElement() * RangeTask.ALIGNMENT);
    return whole.split(Math.max(alignments, 1) * RangeTask.ALIGNMENT);
  }

  /** Bytes of all members for one element. */
  long bytesPerElement() {
    return members.stream().mapToLong(member -> member.entry().dtype().bytes()).sum();
  }

  /** What is left of this unit without some checkpoints; empty when nothing is. */
  Optional<CompareUnit> without(Set<Integer> checkpoints) {
    List<Member> kept =
        members.stream().filter(member -> !checkpoints.contains(member.checkpoint())).toList();
    List<Link> links =
        pairs.stream()
            .filter(
                link ->
                    kept.contains(members.get(link.left()))
                        && kept.contains(members.get(link.right())))
            .map(
                link ->
                    new Link(
                        link.pair(),
                        kept.indexOf(members.get(link.left())),
                        kept.indexOf(members.get(link.right()))))
            .toList();
    return kept.isEmpty() ? Optional.empty() : Optional.of(new CompareUnit(names, kept, links));
  }
}
