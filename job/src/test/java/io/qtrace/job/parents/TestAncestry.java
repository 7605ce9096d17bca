package io.qtrace.job.parents;

import static io.qtrace.job.parents.HandMade.copy;
import static io.qtrace.job.parents.HandMade.edge;
import static io.qtrace.job.parents.HandMade.file;
import static io.qtrace.job.parents.HandMade.forest;
import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.job.archive.CheckpointFile;
import io.qtrace.job.archive.Role;
import io.qtrace.job.parents.DeclaredParents.Declaration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class TestAncestry {
  private static final CheckpointFile INITIAL = file("init/initial.pt");
  private static final CheckpointFile OTHER = file("other/best.pt");
  private static final CheckpointFile STEP_1 = file("run/step1.pt");
  private static final CheckpointFile STEP_2 = file("run/step2.pt");
  private static final CheckpointFile STEP_3 = file("run/step3.pt");

  private final StatedEvaluation evaluation = new StatedEvaluation();

  private ParentEvidence opinion(Forest forest, CheckpointFile parent, CheckpointFile child) {
    return opinions(forest, List.of(new Declaration(parent, child)))
        .get(new Declaration(parent, child));
  }

  private Map<Declaration, ParentEvidence> opinions(Forest forest, List<Declaration> claims) {
    Set<CheckpointFile> files = new LinkedHashSet<>(List.of(OTHER)); // readable, though unrelated
    files.addAll(forest.roots());
    forest.edges().forEach(edge -> files.addAll(List.of(edge.parent(), edge.child())));
    return new Ancestry(forest, HandMade.measured(files), evaluation, Map.of()).of(claims);
  }

  @Test
  void agreesWhereTheForestHasTheEdge() {
    InferredEdge trained = edge(INITIAL, STEP_1, "train");
    assertThat(opinion(forest(trained), INITIAL, STEP_1))
        .isEqualTo(new ParentEvidence.Agrees(trained));
    assertThat(evaluation.disputes()).isEmpty();
  }

  @Test
  void agreesWhereTheParentHasTheContentOfTheOneThatTheForestShows() {
    CheckpointFile export = file("init/export.pt");
    InferredEdge trained = edge(INITIAL, STEP_1, "train");
    assertThat(opinion(forest(trained, copy(INITIAL, export)), export, STEP_1))
        .isEqualTo(new ParentEvidence.Agrees(trained));
  }

  @Test
  void agreesWithACopyOfItsOriginalAndIsSilentOnOtherCopies() {
    CheckpointFile one = file("run/a.pt");
    CheckpointFile two = file("run/b.pt");
    InferredEdge copied = copy(STEP_1, one);
    Forest forest = forest(edge(INITIAL, STEP_1, "train"), copied, copy(STEP_1, two));
    assertThat(opinion(forest, STEP_1, one)).isEqualTo(new ParentEvidence.Agrees(copied));
    assertThat(opinion(forest, one, two)).isEqualTo(new ParentEvidence.Silent());
  }

  @Test
  void reachesOverCheckpointsOfTheChildsRun() {
    InferredEdge first = edge(INITIAL, STEP_1, "train");
    InferredEdge second = edge(STEP_1, STEP_2, "train");
    InferredEdge third = edge(STEP_2, STEP_3, "bake");
    Forest forest = forest(first, second, third);
    ParentEvidence training = opinion(forest, INITIAL, STEP_2);
    assertThat(training).isEqualTo(new ParentEvidence.Reaches(List.of(first, second)));
    assertThat(((ParentEvidence.Reaches) training).isTraining()).isTrue();
    assertThat(evaluation.disputes()).isEmpty();
    evaluation.ruling(third, INITIAL, 4, false);
    ParentEvidence several = opinion(forest, INITIAL, STEP_3);
    assertThat(several).isEqualTo(new ParentEvidence.Reaches(List.of(first, second, third)));
    assertThat(((ParentEvidence.Reaches) several).isTraining()).isFalse();
  }

  @Test
  void isSilentWhereOneOperationMakesTheChildWhole() {
    InferredEdge first = edge(INITIAL, STEP_1, "bake");
    InferredEdge second = edge(STEP_1, STEP_2, "bake");
    evaluation.ruling(second, INITIAL, 0, false);
    assertThat(opinion(forest(first, second), INITIAL, STEP_2))
        .isEqualTo(new ParentEvidence.Silent());
  }

  @Test
  void reachesOverAnotherRunToWhatAToolMade() {
    InferredEdge away = edge(INITIAL, OTHER, "train");
    InferredEdge made = edge(OTHER, STEP_1, "bake");
    evaluation.ruling(made, INITIAL, 3, false);
    assertThat(opinion(forest(away, made), INITIAL, STEP_1))
        .isEqualTo(new ParentEvidence.Reaches(List.of(away, made)));
  }

  @Test
  void doesNotReachOverAnotherRun() {
    InferredEdge away = edge(INITIAL, OTHER, "train");
    InferredEdge back = edge(OTHER, STEP_1, "train");
    evaluation.ruling(back, INITIAL, 0, false);
    assertThat(opinion(forest(away, back), INITIAL, STEP_1))
        .isEqualTo(new ParentEvidence.Prefers(back));
  }

  private Optional<Ancestry.Earlier> earlier(Forest forest, CheckpointFile best) {
    Set<CheckpointFile> files = new LinkedHashSet<>(forest.roots());
    forest.edges().forEach(edge -> files.addAll(List.of(edge.parent(), edge.child())));
    return new Ancestry(forest, HandMade.measured(files), evaluation, Map.of())
        .earlier(new Declaration(STEP_1, best));
  }

  @Test
  void aBestStateMayHaveTheContentOfWhatItsRunComesFrom() {
    CheckpointFile best = file("run/best.pt");
    InferredEdge trained = edge(INITIAL, OTHER, "train");
    InferredEdge source = edge(OTHER, STEP_1, "train");
    assertThat(earlier(forest(trained, source, copy(OTHER, best)), best))
        .hasValueSatisfying(
            found -> {
              assertThat(found.steps()).isEqualTo(1);
              assertThat(found.copy()).isEqualTo(copy(OTHER, best));
            });
    assertThat(earlier(forest(trained, source, copy(INITIAL, best)), best))
        .hasValueSatisfying(found -> assertThat(found.steps()).isEqualTo(2));
    assertThat(earlier(forest(trained, source, copy(STEP_1, best)), best)).isEmpty();
  }

  @Test
  void prefersAParentThatIsOnlyCloser() {
    InferredEdge nearer = edge(INITIAL, STEP_1, "train");
    evaluation.ruling(nearer, OTHER, 0, false);
    assertThat(opinion(forest(nearer), OTHER, STEP_1))
        .isEqualTo(new ParentEvidence.Prefers(nearer));
  }

  @Test
  void contradictsWhereTheDeclaredParentLeavesMoreUnexplained() {
    InferredEdge proved = edge(INITIAL, STEP_1, "train");
    evaluation.ruling(proved, OTHER, 4, false);
    assertThat(opinion(forest(proved), OTHER, STEP_1))
        .isEqualTo(new ParentEvidence.Contradicts(proved));
  }

  @Test
  void contradictsWhereTheDataLeavesMoreOfTheDeclaredParentThanTheFactsShow() {
    InferredEdge shown = edge(INITIAL, STEP_1, "dequantize");
    evaluation.ruling(shown, OTHER, 0, false);
    Declaration claim = new Declaration(OTHER, STEP_1);
    List<CheckpointFile> files = List.of(INITIAL, STEP_1, OTHER);
    ProvedStep step =
        new ProvedStep(
            HandMade.measured(OTHER, 0).sketch().content(),
            HandMade.measured(STEP_1, 0).sketch().content());
    assertThat(
            new Ancestry(
                    forest(shown),
                    HandMade.measured(files),
                    evaluation,
                    Map.of(step, new Verification(3, 0, 0)))
                .of(List.of(claim)))
        .containsEntry(claim, new ParentEvidence.Contradicts(shown));
  }

  @Test
  void partialExplanationsProveNothing() {
    InferredEdge shown = edge(INITIAL, STEP_1, "train", 1);
    evaluation.ruling(shown, OTHER, 4, false);
    assertThat(opinion(forest(shown), OTHER, STEP_1)).isEqualTo(new ParentEvidence.Prefers(shown));
  }

  @Test
  void contradictsWhereMostOfTheTrainedTensorsAreThoseOfAnother() {
    InferredEdge shown = edge(INITIAL, STEP_1, "unknown", 5);
    evaluation.ruling(shown, OTHER, 0, true);
    assertThat(opinion(forest(shown), OTHER, STEP_1))
        .isEqualTo(new ParentEvidence.Contradicts(shown));
  }

  // A copy with a damaged tensor has the bytes of its original, and the original those of the copy.
  @Test
  void equalBytesOfALaterCheckpointProveNothing() {
    CheckpointFile later = file("copy/step1.pt", Role.STEP, 100);
    InferredEdge shown = edge(later, STEP_1, "train");
    evaluation.ruling(shown, OTHER, 0, true);
    assertThat(opinion(forest(shown), OTHER, STEP_1)).isEqualTo(new ParentEvidence.Prefers(shown));
    evaluation.ruling(shown, OTHER, 1, true);
    assertThat(opinion(forest(shown), OTHER, STEP_1))
        .isEqualTo(new ParentEvidence.Contradicts(shown));
  }

  // That one was trained from another run is only closer than what it declares.
  @Test
  void doesNotReachOverATrainingThatTheChildDoesNotDeclare() {
    CheckpointFile baked = file("run/baked.pt", Role.BAKED, 0);
    CheckpointFile export = file("export/model.pt");
    InferredEdge sibling = edge(OTHER, STEP_1, "train");
    InferredEdge made = edge(baked, export, "dequantize");
    evaluation.ruling(made, OTHER, 3, false).ruling(sibling, INITIAL, 0, false);
    Declaration claim = new Declaration(OTHER, export);
    assertThat(
            opinions(
                forest(edge(INITIAL, OTHER, "train"), sibling, edge(STEP_1, baked, "bake"), made),
                List.of(claim, new Declaration(INITIAL, STEP_1))))
        .containsEntry(claim, new ParentEvidence.Contradicts(made));
  }

  @Test
  void aParentThatDescendsFromTheChildProvesNothingByWhatItLeavesUnexplained() {
    InferredEdge shown = edge(INITIAL, STEP_1, "train");
    InferredEdge onward = edge(STEP_1, OTHER, "train");
    evaluation.ruling(shown, OTHER, 4, false);
    assertThat(opinion(forest(shown, onward), OTHER, STEP_1))
        .isEqualTo(new ParentEvidence.Prefers(shown));
  }

  @Test
  void aParentThatDescendsFromTheChildIsContradictedByItsBytes() {
    InferredEdge shown = edge(INITIAL, STEP_1, "train");
    InferredEdge onward = edge(STEP_1, OTHER, "train");
    evaluation.ruling(shown, OTHER, 4, true);
    assertThat(opinion(forest(shown, onward), OTHER, STEP_1))
        .isEqualTo(new ParentEvidence.Contradicts(shown));
  }

  @Test
  void aSourceElsewhereCompetesWithTheEdgeThatLeadsIntoTheRun() {
    InferredEdge into = edge(INITIAL, STEP_1, "train");
    InferredEdge within = edge(STEP_1, STEP_2, "train");
    evaluation.ruling(into, OTHER, 4, false);
    assertThat(opinion(forest(into, within), OTHER, STEP_2))
        .isEqualTo(new ParentEvidence.Contradicts(into));
    assertThat(evaluation.disputes())
        .containsExactly(new Dispute(INITIAL.id(), OTHER.id(), STEP_1.id()));
  }

  @Test
  void aParentOfTheSameRunCompetesWithTheNearestEdge() {
    InferredEdge first = edge(INITIAL, STEP_1, "train");
    InferredEdge second = edge(INITIAL, STEP_2, "train");
    evaluation.ruling(second, STEP_1, 3, false);
    assertThat(opinion(forest(first, second), STEP_1, STEP_2))
        .isEqualTo(new ParentEvidence.Contradicts(second));
  }

  @Test
  void isSilentOnRootsAndUnreadableCheckpoints() {
    Forest forest = forest(edge(INITIAL, STEP_1, "train"));
    assertThat(opinion(forest, OTHER, INITIAL)).isEqualTo(new ParentEvidence.Silent());
    assertThat(opinion(forest, file("lost/best.pt"), STEP_1))
        .isEqualTo(new ParentEvidence.Silent());
    assertThat(evaluation.disputes()).isEmpty();
  }

  @Test
  void answersCyclicDeclarationsOneByOne() {
    InferredEdge trained = edge(STEP_1, STEP_2, "train");
    Forest forest = forest(trained);
    Declaration forward = new Declaration(STEP_1, STEP_2);
    Declaration backward = new Declaration(STEP_2, STEP_1);
    assertThat(opinions(forest, List.of(forward, backward)))
        .containsExactly(
            Map.entry(forward, new ParentEvidence.Agrees(trained)),
            Map.entry(backward, new ParentEvidence.Silent()));
  }

  @Test
  void evidenceIsInTheOrderOfDeclarationsAndDisputesAreEvaluatedTogether() {
    InferredEdge into = edge(INITIAL, STEP_1, "train");
    InferredEdge second = edge(STEP_1, STEP_2, "train");
    InferredEdge third = edge(STEP_2, STEP_3, "train");
    evaluation.ruling(into, OTHER, 4, false);
    List<Declaration> claims = new ArrayList<>();
    for (CheckpointFile child : List.of(STEP_3, STEP_1, STEP_2)) {
      claims.add(new Declaration(OTHER, child));
      claims.add(new Declaration(INITIAL, child));
    }
    Map<Declaration, ParentEvidence> opinions = opinions(forest(into, second, third), claims);
    assertThat(opinions.keySet()).containsExactlyElementsOf(claims);
    assertThat(opinions.get(new Declaration(OTHER, STEP_3)))
        .isEqualTo(new ParentEvidence.Contradicts(into));
    assertThat(opinions.get(new Declaration(INITIAL, STEP_3)))
        .isEqualTo(new ParentEvidence.Reaches(List.of(into, second, third)));
    assertThat(evaluation.disputes()).hasSize(1);
  }
}
