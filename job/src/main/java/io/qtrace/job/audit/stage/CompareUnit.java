package io.qtrace.job.audit.stage;

import io.qtrace.compare.LutCheck;
import io.qtrace.compare.Measure;
import io.qtrace.compare.RangeTask;
import io.qtrace.tensor.TensorEntry;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Tensors that are read together, so that each byte is read once however many pairs it is compared
 * in.
 *
 * @param members tensors of equal element count
 * @param pairs comparisons among the members
 * @param checks layers of one checkpoint each; {@code _Q} and {@code _indices} are members
 */
record CompareUnit(List<Member> members, List<Link> pairs, List<LutCheck> checks) {
  /**
   * A tensor of one checkpoint.
   *
   * @param checkpoint position in the input
   * @param names tensor names that it answers for: several where they share storage in every
   *     checkpoint
   * @param measures what is wanted of it beside the comparisons
   */
  record Member(int checkpoint, List<String> names, TensorEntry entry, Set<Measure> measures) {
    Member {
      names = List.copyOf(names);
      measures = Set.copyOf(measures);
    }

    Member plus(Measure measure) {
      Set<Measure> more = EnumSet.of(measure);
      more.addAll(measures);
      return new Member(checkpoint, names, entry, more);
    }

    Member withNames(List<String> newNames) {
      return new Member(checkpoint, newNames, entry, measures);
    }

    String file() {
      return entry.storage().file();
    }
  }

  /**
   * One comparison.
   *
   * @param pair position among the input's pairs
   * @param left member
   * @param right member, which answers for the same names
   */
  record Link(int pair, int left, int right) {}

  CompareUnit {
    members = List.copyOf(members);
    pairs = List.copyOf(pairs);
    checks = List.copyOf(checks);
  }

  /** Ranges of this unit's tensors, each of about so many bytes of all members together. */
  List<RangeTask> tasks(long bytes) {
    RangeTask whole =
        RangeTask.whole(
            members.stream()
                .map(m -> new RangeTask.Member(m.file(), m.entry(), m.measures()))
                .toList(),
            pairs.stream().map(link -> new RangeTask.Pair(link.left(), link.right())).toList(),
            checks);
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

  /** Pairs of tensors that it compares: a member may answer for several. */
  int tensorPairs() {
    return pairs.stream().mapToInt(link -> members.get(link.left()).names().size()).sum();
  }

  /** Checkpoints that a file belongs to. */
  List<Integer> checkpoints(String file) {
    List<Integer> checkpoints = new ArrayList<>();
    members.stream().filter(m -> m.file().equals(file)).forEach(m -> checkpoints.add(m.checkpoint));
    checks.stream()
        .filter(check -> check.lut().storage().file().equals(file))
        .forEach(check -> checkpoints.add(members.get(check.quantized()).checkpoint()));
    return checkpoints;
  }

  CompareUnit withMembers(List<Member> newMembers) {
    return new CompareUnit(newMembers, pairs, checks);
  }

  /** What is left of this unit without some checkpoints; empty when nothing is. */
  Optional<CompareUnit> without(Set<Integer> checkpoints) {
    List<Member> kept =
        members.stream().filter(member -> !checkpoints.contains(member.checkpoint())).toList();
    int[] places = members.stream().mapToInt(kept::indexOf).toArray(); // -1 without
    List<Link> links =
        pairs.stream()
            .filter(link -> places[link.left()] >= 0 && places[link.right()] >= 0)
            .map(link -> new Link(link.pair(), places[link.left()], places[link.right()]))
            .toList();
    List<LutCheck> keptChecks =
        checks.stream()
            .filter(check -> places[check.quantized()] >= 0)
            .map(
                check ->
                    new LutCheck(places[check.quantized()], places[check.indices()], check.lut()))
            .toList();
    return kept.isEmpty()
        ? Optional.empty()
        : Optional.of(new CompareUnit(kept, links, keptChecks));
  }
}
