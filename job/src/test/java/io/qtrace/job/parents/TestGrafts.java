package io.qtrace.job.parents;

import static io.qtrace.job.parents.HandMade.file;
import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.job.archive.CheckpointFile;
import io.qtrace.job.archive.Role;
import io.qtrace.job.parents.Forest.MixedPair;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class TestGrafts {
  private static final CheckpointFile INITIAL = file("init.pt", Role.INITIAL, 0);
  private static final CheckpointFile ONE = file("a/step1.pt", Role.STEP, 1);
  private static final CheckpointFile OTHER = file("b/step1.pt", Role.STEP, 2);
  private static final CheckpointFile NEXT = file("b/step2.pt", Role.STEP, 3);
  private static final List<String> TENSORS = List.of("layer.scale_A");

  private final Map<String, Evaluation.Taken> taken = new HashMap<>(); // by child
  private final Map<CheckpointFile, List<CheckpointFile>> parents = new HashMap<>();
  private final List<Evaluation.Mix> asked = new ArrayList<>();

  private void takes(CheckpointFile child, double deviation) {
    taken.put(child.id(), new Evaluation.Taken(TENSORS, deviation));
  }

  private Map<CheckpointFile, GraftedTensors> grafts(MixedPair... pairs) {
    Evaluation evaluation =
        new Evaluation() {
          @Override
          public Map<Candidate, Candidate.Transitions> transitions(Collection<Candidate> pairs) {
            throw new AssertionError("Unexpected question");
          }

          @Override
          public Map<Dispute, Dispute.Ruling> rulings(Collection<Dispute> disputes) {
            throw new AssertionError("Unexpected question");
          }

          @Override
          public Map<Mix, Taken> taken(Collection<Mix> mixes) {
            asked.addAll(mixes);
            Map<Mix, Taken> found = new HashMap<>();
            mixes.forEach(mix -> found.put(mix, taken.getOrDefault(mix.child(), Taken.NOTHING)));
            return found;
          }
        };
    return Grafts.of(parents, Set.of(INITIAL, ONE, OTHER, NEXT), List.of(pairs), evaluation);
  }

  @Test
  void ofTwoSiblingsTheLaterOneTookTheTensors() {
    parents.put(ONE, List.of(INITIAL));
    parents.put(OTHER, List.of(INITIAL));
    takes(ONE, 0.1);
    takes(OTHER, 0.2);
    assertThat(grafts(new MixedPair(ONE, OTHER)))
        .isEqualTo(Map.of(OTHER, new GraftedTensors(ONE.path(), TENSORS)));
  }

  @Test
  void tensorsThatMovedUnlikeOthersOfTheirGroupsWereTaken() {
    parents.put(ONE, List.of(INITIAL));
    parents.put(OTHER, List.of(INITIAL));
    takes(ONE, 1.5);
    takes(OTHER, 0.2);
    assertThat(grafts(new MixedPair(ONE, OTHER)))
        .isEqualTo(Map.of(ONE, new GraftedTensors(OTHER.path(), TENSORS)));
  }

  @Test
  void descendantsHaveTensorsOfTheirAncestors() {
    parents.put(OTHER, List.of(INITIAL));
    parents.put(NEXT, List.of(OTHER));
    takes(NEXT, 0);
    assertThat(grafts(new MixedPair(INITIAL, NEXT), new MixedPair(OTHER, NEXT))).isEmpty();
    assertThat(asked).isEmpty();
  }

  @Test
  void whatADescendantKeptIsOfItsAncestor() {
    parents.put(ONE, List.of(INITIAL));
    parents.put(OTHER, List.of(INITIAL));
    parents.put(NEXT, List.of(OTHER));
    takes(ONE, 0);
    assertThat(grafts(new MixedPair(ONE, NEXT), new MixedPair(ONE, OTHER)))
        .isEqualTo(Map.of(ONE, new GraftedTensors(OTHER.path(), TENSORS)));
  }

  @Test
  void aRootIsNotAccusedOfWhatACheckpointMayHaveTaken() {
    parents.put(OTHER, List.of(INITIAL));
    takes(ONE, 0);
    assertThat(grafts(new MixedPair(ONE, OTHER))).isEmpty();
  }
}
