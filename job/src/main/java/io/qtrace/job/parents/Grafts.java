package io.qtrace.job.parents;

import io.qtrace.job.archive.CheckpointFile;
import io.qtrace.job.parents.Evaluation.Mix;
import io.qtrace.job.parents.Evaluation.Taken;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Finds checkpoints with single tensors or layers of another checkpoint that is not an ancestor. It
 * looks at the pairs that the search for parents found to share some tensors of a group and not
 * others.
 */
public final class Grafts {
  // Moves that deviate more by this factor show which of two checkpoints took its tensors.
  private static final double CLEARLY = Math.log(1.5);
  private static final int MOST_DONORS = 4; // that are asked about for one checkpoint

  private final Map<CheckpointFile, List<CheckpointFile>> parents;
  private final Map<CheckpointFile, Set<CheckpointFile>> mixed = new LinkedHashMap<>();
  private final Map<CheckpointFile, Set<CheckpointFile>> ancestors = new HashMap<>();

  private Grafts(
      Map<CheckpointFile, List<CheckpointFile>> parents, Collection<Forest.MixedPair> pairs) {
    this.parents = parents;
    for (Forest.MixedPair pair : pairs) {
      mixed.computeIfAbsent(pair.one(), one -> new HashSet<>()).add(pair.other());
      mixed.computeIfAbsent(pair.other(), one -> new HashSet<>()).add(pair.one());
    }
  }

  /**
   * The tensors that were taken, by the checkpoint that has them.
   *
   * @param parents of each checkpoint that has any, the nearest first
   * @param whole checkpoints that were not put together from several
   */
  public static Map<CheckpointFile, GraftedTensors> of(
      Map<CheckpointFile, List<CheckpointFile>> parents,
      Set<CheckpointFile> whole,
      Collection<Forest.MixedPair> pairs,
      Evaluation evaluation) {
    Grafts search = new Grafts(parents, pairs);
    Set<Mix> questions = new HashSet<>();
    Map<CheckpointFile, List<CheckpointFile>> donors = new LinkedHashMap<>();
    for (CheckpointFile child : search.mixed.keySet().stream().sorted().toList()) {
      List<CheckpointFile> others =
          search.mixed.get(child).stream()
              .filter(other -> whole.contains(child) && whole.contains(other))
              .filter(other -> search.isFirst(child, other) && search.isFirst(other, child))
              .sorted(Comparator.comparing(CheckpointFile::path))
              .limit(MOST_DONORS)
              .toList();
      donors.put(child, others);
      others.forEach(
          other -> {
            questions.add(search.mix(child, other));
            questions.add(search.mix(other, child));
          });
    }
    Map<Mix, Taken> answers = evaluation.taken(questions);
    Map<CheckpointFile, GraftedTensors> found = new LinkedHashMap<>();
    donors.forEach(
        (child, others) ->
            others.stream()
                .filter(other -> search.isTaker(child, other, answers))
                .findFirst()
                .ifPresent(
                    other ->
                        found.put(
                            child,
                            new GraftedTensors(
                                other.path(), answers.get(search.mix(child, other)).tensors()))));
    return found;
  }

  private Mix mix(CheckpointFile child, CheckpointFile other) {
    return new Mix(
        child.id(),
        parents.getOrDefault(child, List.of()).stream().map(CheckpointFile::id).toList(),
        other.id());
  }

  // Whether neither comes from the other, and one has nothing of the other from its own ancestors.
  private boolean isFirst(CheckpointFile one, CheckpointFile other) {
    Set<CheckpointFile> before = new HashSet<>(ancestors(one));
    if (before.contains(other)) {
      return false;
    }
    before.removeAll(ancestors(other));
    return Collections.disjoint(before, mixed.get(other));
  }

  private Set<CheckpointFile> ancestors(CheckpointFile file) {
    return ancestors.computeIfAbsent(
        file,
        start -> {
          Set<CheckpointFile> seen = new HashSet<>();
          List<CheckpointFile> open = new ArrayList<>(parents.getOrDefault(start, List.of()));
          while (!open.isEmpty()) {
            CheckpointFile one = open.remove(open.size() - 1);
            if (seen.add(one)) {
              open.addAll(parents.getOrDefault(one, List.of()));
            }
          }
          return seen;
        });
  }

  // Bytes do not show which of two had them first: the sizes of moves may, else file times do.
  private boolean isTaker(CheckpointFile one, CheckpointFile other, Map<Mix, Taken> answers) {
    Taken here = answers.getOrDefault(mix(one, other), Taken.NOTHING);
    Taken there = answers.getOrDefault(mix(other, one), Taken.NOTHING);
    if (here.tensors().isEmpty() || there.tensors().isEmpty()) {
      // A root may share tensors with a checkpoint that took them from it.
      return !here.tensors().isEmpty() && parents.containsKey(one);
    }
    double more = here.deviation() - there.deviation();
    return Math.abs(more) > CLEARLY ? more > 0 : isAfter(one, other);
  }

  private static boolean isAfter(CheckpointFile one, CheckpointFile other) {
    return Hints.isBefore(other, one)
        || (!Hints.isBefore(one, other) && one.path().compareTo(other.path()) > 0);
  }
}
