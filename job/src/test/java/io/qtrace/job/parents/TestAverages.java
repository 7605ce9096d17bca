package io.qtrace.job.parents;

import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.job.archive.CheckpointFile;
import io.qtrace.job.policy.EdgeKind;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TestAverages {
  private static final int COPIES = 30; // more than a pool holds
  private static final CheckpointFile ONE = HandMade.file("run/step1.pt");
  private static final CheckpointFile OTHER = HandMade.file("run/step2.pt");
  private static final CheckpointFile AVERAGE = HandMade.file("swa.pt");

  private final StatedEvaluation transitions = new StatedEvaluation();
  private final List<Evaluation.Pool> asked = new ArrayList<>();

  private void both(CheckpointFile one, CheckpointFile other, String kind, int invented) {
    double distance = invented == 0 ? 0 : 1;
    Transition found =
        new Transition(
            new EdgeKind(kind), 10, 5, 0, invented, distance, false, true, false, false, List.of());
    transitions.transition(one, other, found).transition(other, one, found);
  }

  @Test
  void findsBothMembersAmongManyCopiesOfTheCloserOne() {
    Map<CheckpointFile, Float> places = new HashMap<>(Map.of(ONE, 0f, OTHER, 4f, AVERAGE, 3f));
    both(ONE, OTHER, "train", 5);
    both(ONE, AVERAGE, "train", 5);
    both(OTHER, AVERAGE, "train", 5);
    for (int i = 0; i < COPIES; i++) {
      CheckpointFile made = HandMade.file("tools/%02d.pt".formatted(i));
      places.put(made, 4f);
      transitions.transition(
          OTHER,
          made,
          new Transition(new EdgeKind("sync"), 9, 5, 0, 0, 0, true, true, false, false, List.of()));
      both(ONE, made, "train", 5);
      both(made, AVERAGE, "train", 5);
    }
    new ParentSearch(new Asked()).run(measured(places), DeclaredParents.NONE);
    assertThat(asked)
        .filteredOn(pool -> pool.child().equals(AVERAGE.id()))
        .isNotEmpty()
        .allSatisfy(pool -> assertThat(pool.others()).contains(ONE.id(), OTHER.id()));
  }

  @Test
  void whatToolsMadeOfAnAverageIsNotAMember() {
    CheckpointFile replaced = HandMade.file("tools/luts.pt");
    CheckpointFile exported = HandMade.file("tools/export.pt");
    Map<CheckpointFile, Float> places =
        Map.of(ONE, 0f, OTHER, 4f, AVERAGE, 3f, replaced, 3f, exported, 3f);
    both(ONE, OTHER, "train", 5);
    both(ONE, AVERAGE, "train", 5);
    both(OTHER, AVERAGE, "train", 5);
    made(AVERAGE, replaced, "replace_lut", 1);
    made(replaced, exported, "cast", 0);
    new ParentSearch(new Asked()).run(measured(places), DeclaredParents.NONE);
    assertThat(asked)
        .filteredOn(pool -> pool.child().equals(AVERAGE.id()))
        .isNotEmpty()
        .allSatisfy(
            pool ->
                assertThat(pool.others())
                    .contains(ONE.id(), OTHER.id())
                    .doesNotContain(replaced.id(), exported.id()));
  }

  private void made(CheckpointFile parent, CheckpointFile child, String kind, int invented) {
    transitions.transition(
        parent,
        child,
        new Transition(
            new EdgeKind(kind), 9, 5, 0, invented, 0, true, true, false, false, List.of()));
  }

  // One large element that is wrong takes an average from between its members.
  @Test
  void asksOfFilesThatTrainingDoesNotNameWhereverTheyLie() {
    CheckpointFile last = HandMade.file("run/step3.pt");
    Map<CheckpointFile, Float> places = Map.of(ONE, 0f, OTHER, 1f, AVERAGE, 40f, last, 80f);
    List<CheckpointFile> files = List.of(ONE, OTHER, AVERAGE, last);
    for (CheckpointFile one : files) {
      files.stream().filter(other -> other != one).forEach(other -> both(one, other, "train", 5));
    }
    new ParentSearch(new Asked()).run(measured(places), DeclaredParents.NONE);
    assertThat(asked)
        .extracting(Evaluation.Pool::child)
        .contains(AVERAGE.id())
        .doesNotContain(last.id());
  }

  private static List<MeasuredCheckpoint> measured(Map<CheckpointFile, Float> places) {
    return places.entrySet().stream()
        .map(
            entry -> {
              float[] projection = new float[Sketch.DIMENSIONS];
              projection[0] = entry.getValue();
              String content = "content of " + entry.getKey().path();
              return new MeasuredCheckpoint(
                  entry.getKey(), new Sketch(content, List.of(), projection, 0, 10, false));
            })
        .toList();
  }

  /** Remembers the pools, of which none has an average. */
  private final class Asked implements Evaluation {
    @Override
    public Map<Candidate, Candidate.Transitions> transitions(Collection<Candidate> candidates) {
      return transitions.transitions(candidates);
    }

    @Override
    public Map<Pool, List<String>> averages(Collection<Pool> pools) {
      asked.addAll(pools);
      return Map.of();
    }

    @Override
    public Map<Dispute, Dispute.Ruling> rulings(Collection<Dispute> disputes) {
      return transitions.rulings(disputes);
    }
  }
}
