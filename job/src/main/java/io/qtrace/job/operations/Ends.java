package io.qtrace.job.operations;

import io.qtrace.tensor.CheckpointIndex;
import io.qtrace.tensor.TensorEntry;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The locations of the tensors of all checkpoints of a step.
 *
 * @param ofParent by name
 * @param ofChild by name
 * @param members possible members of an average: the parent, then the other parents
 */
public record Ends(
    Map<String, TensorEntry> ofParent, Map<String, TensorEntry> ofChild, List<Member> members) {
  /** No locations. */
  public static final Ends NONE = new Ends(Map.of(), Map.of(), List.of());

  /**
   * A checkpoint.
   *
   * @param model its tensors, by name
   * @param shadow the copy of its model, by the names of the model's tensors
   */
  public record Member(Map<String, TensorEntry> model, Map<String, TensorEntry> shadow) {
    static Member of(CheckpointIndex index) {
      Map<String, TensorEntry> shadow = new HashMap<>();
      index.shadow().ifPresent(copy -> copy.tensors().forEach(one -> shadow.put(one.name(), one)));
      return new Member(index.byName(), shadow);
    }
  }

  public Ends {
    members = List.copyOf(members);
  }

  /** The locations for a child of one parent. */
  public static Ends of(CheckpointIndex parent, CheckpointIndex child) {
    return of(parent, child, List.of());
  }

  /** The locations for a child of several parents. */
  public static Ends of(
      CheckpointIndex parent, CheckpointIndex child, List<CheckpointIndex> others) {
    return new Ends(
        parent.byName(),
        child.byName(),
        Stream.concat(Stream.of(parent), others.stream()).map(Member::of).toList());
  }

  Optional<TensorEntry> parent(String name) {
    return Optional.ofNullable(ofParent.get(name));
  }

  /** A tensor of a member, or of the second copy of its model. */
  Optional<TensorEntry> member(int number, boolean shadow, String name) {
    if (number >= members.size()) {
      return Optional.empty();
    }
    Member member = members.get(number);
    return Optional.ofNullable((shadow ? member.shadow() : member.model()).get(name));
  }

  Optional<TensorEntry> child(String name) {
    return Optional.ofNullable(ofChild.get(name));
  }
}
