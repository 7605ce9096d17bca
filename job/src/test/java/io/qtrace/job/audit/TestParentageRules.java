package io.qtrace.job.audit;

import static io.qtrace.job.parents.HandMade.copy;
import static io.qtrace.job.parents.HandMade.edge;
import static io.qtrace.job.parents.HandMade.file;
import static io.qtrace.job.parents.HandMade.forest;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.qtrace.job.archive.CheckpointFile;
import io.qtrace.job.archive.Role;
import io.qtrace.job.audit.PlannedEdge.Status;
import io.qtrace.job.judge.Evidence;
import io.qtrace.job.parents.Ancestry;
import io.qtrace.job.parents.Forest;
import io.qtrace.job.parents.HandMade;
import io.qtrace.job.parents.InferredEdge;
import io.qtrace.job.parents.ParentPart;
import io.qtrace.job.parents.StatedEvaluation;
import io.qtrace.job.parents.WeightsEvidence;
import io.qtrace.job.policy.EdgeKind;
import io.qtrace.job.policy.Finding;
import io.qtrace.job.policy.FindingList;
import io.qtrace.job.policy.Waivers;
import java.time.LocalDate;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class TestParentageRules {
  private static final CheckpointFile SOURCE = file("init/source.pt");
  private static final CheckpointFile OTHER = file("other/best.pt");
  private static final CheckpointFile STEP_1 = file("run/step1.pt");
  private static final CheckpointFile STEP_2 = file("run/step2.pt");

  private final StatedEvaluation evaluation = new StatedEvaluation();

  private List<PlannedEdge> parentage(Forest forest, Edge... declared) {
    return parentage(forest, List.of(declared), List.of());
  }

  private List<PlannedEdge> parentage(Forest forest, List<Edge> declared, List<Edge> places) {
    Set<CheckpointFile> files = new TreeSet<>(List.of(SOURCE, OTHER));
    forest.edges().forEach(edge -> files.addAll(List.of(edge.parent(), edge.child())));
    return Parentage.of(
        new EdgeRules.Found(declared, places, List.of()),
        forest,
        new Ancestry(forest, HandMade.measured(files), evaluation, Map.of()));
  }

  private static Edge declared(CheckpointFile parent, CheckpointFile child) {
    return new Edge(parent, child, EnumSet.of(Evidence.DECLARED));
  }

  private static Edge ordered(CheckpointFile parent, CheckpointFile child) {
    return new Edge(parent, child, EnumSet.of(Evidence.ORDER));
  }

  private static PlannedEdge planned(
      CheckpointFile parent,
      CheckpointFile child,
      Status status,
      WeightsEvidence weights,
      String... evidence) {
    Edge edge = declared(parent, child);
    return new PlannedEdge(
        edge.ends(),
        child.run(),
        child.optimizerSteps().orElse(CheckpointFile.NO_STEP),
        status,
        List.of(evidence),
        weights,
        ParentPart.WHOLE,
        List.of(),
        Optional.empty());
  }

  private static WeightsEvidence contradicts(InferredEdge edge) {
    return WeightsEvidence.shows(WeightsEvidence.Says.CONTRADICTS, edge);
  }

  private static List<Finding> findings(PlannedEdge edge) {
    FindingList findings = new FindingList(new Waivers(List.of(), LocalDate.parse("2026-11-25")));
    edge.addFindings(findings);
    return findings.findings();
  }

  @Test
  void aDeclaredParentThatTheWeightsShowIsDirect() {
    assertThat(parentage(forest(edge(SOURCE, STEP_1, "train")), declared(SOURCE, STEP_1)))
        .containsExactly(
            planned(SOURCE, STEP_1, Status.DIRECT, WeightsEvidence.AGREES, "declared", "weights"));
  }

  @Test
  void aTrainingOverSeveralStepsIsDirectAndItsStepsAreJudgedToo() {
    InferredEdge first = edge(SOURCE, STEP_1, "train");
    InferredEdge second = edge(STEP_1, STEP_2, "train");
    assertThat(parentage(forest(first, second), declared(SOURCE, STEP_1), declared(SOURCE, STEP_2)))
        .containsExactly(
            planned(SOURCE, STEP_1, Status.DIRECT, WeightsEvidence.AGREES, "declared", "weights"),
            planned(SOURCE, STEP_2, Status.DIRECT, WeightsEvidence.NOTHING, "declared"),
            planned(STEP_1, STEP_2, Status.DIRECT, WeightsEvidence.infers(second), "weights"));
  }

  @Test
  void aParentOverOtherOperationsIsIndirect() {
    InferredEdge first = edge(SOURCE, STEP_1, "train");
    InferredEdge second = edge(STEP_1, STEP_2, "bake");
    evaluation.ruling(second, SOURCE, 3, false);
    List<PlannedEdge> found = parentage(forest(first, second), declared(SOURCE, STEP_2));
    assertThat(found)
        .containsExactly(
            planned(
                SOURCE,
                STEP_2,
                Status.INDIRECT,
                WeightsEvidence.reaches(List.of(first, second)),
                "declared"),
            planned(STEP_1, STEP_2, Status.DIRECT, WeightsEvidence.infers(second), "weights"),
            planned(SOURCE, STEP_1, Status.DIRECT, WeightsEvidence.infers(first), "weights"));
    PlannedEdge indirect = found.get(0);
    assertThat(indirect.isJudged()).isFalse();
    assertThat(indirect.unjudgedKind()).isEqualTo(EdgeKind.SEVERAL);
    assertThat(indirect.notes())
        .containsExactly(
            "weights: 2 steps, each judged separately: train to run/step1.pt, bake to run/step2.pt");
    assertThat(findings(indirect)).isEmpty();
  }

  @Test
  void whatIsWrongWithAnInitialCheckpointIsJudgedWhereItWasQuantized() {
    CheckpointFile initial = HandMade.file("init/v2_initial.pt", Role.INITIAL, 0);
    InferredEdge quantized = HandMade.edge(SOURCE, initial, "quantize", 1);
    assertThat(parentage(forest(quantized)))
        .containsExactly(
            planned(SOURCE, initial, Status.DIRECT, WeightsEvidence.infers(quantized), "weights"));
    assertThat(parentage(forest(HandMade.edge(SOURCE, initial, "unknown", 1)))).isEmpty();
  }

  @Test
  void aStepOfAModelThatWasQuantizedOutsideTheArchiveIsARoot() {
    assertThat(parentage(forest(edge(SOURCE, STEP_1, "quantize", 1)))).isEmpty();
    InferredEdge explained = edge(SOURCE, STEP_1, "quantize");
    assertThat(parentage(forest(explained)))
        .containsExactly(
            planned(SOURCE, STEP_1, Status.DIRECT, WeightsEvidence.infers(explained), "weights"));
  }

  @Test
  void rejectsABestStateOnlyIfNoStepOfItsRunExplainsIt() {
    CheckpointFile best = HandMade.file("run/best_state_dict.pt", Role.BEST, 0);
    InferredEdge made = edge(OTHER, best, "train");
    Forest forest = forest(edge(SOURCE, STEP_1, "train"), made);
    evaluation.ruling(made, STEP_1, 4, false);
    List<PlannedEdge> found = parentage(forest, List.of(), List.of(ordered(STEP_1, best)));
    assertThat(found).hasSize(3);
    assertThat(found.stream().filter(one -> one.isOf(STEP_1)))
        .singleElement()
        .satisfies(
            one ->
                assertThat(findings(one))
                    .extracting(Finding::rule)
                    .containsExactly("name-contradicted"));
    evaluation.ruling(made, STEP_1, 0, false);
    assertThat(parentage(forest, List.of(), List.of(ordered(STEP_1, best)))).hasSize(2);
  }

  @Test
  void aContradictedParentIsRejectedAndTheOtherOneIsInferred() {
    InferredEdge shown = edge(SOURCE, STEP_1, "train");
    evaluation.ruling(shown, OTHER, 4, false);
    List<PlannedEdge> found = parentage(forest(shown), declared(OTHER, STEP_1));
    assertThat(found)
        .containsExactly(
            planned(OTHER, STEP_1, Status.REJECTED, contradicts(shown), "declared"),
            planned(SOURCE, STEP_1, Status.DIRECT, WeightsEvidence.infers(shown), "weights"));
    PlannedEdge rejected = found.get(0);
    assertThat(rejected.isJudged()).isFalse();
    assertThat(rejected.unjudgedKind()).isEqualTo(EdgeKind.NONE);
    assertThat(rejected.notes()).isEmpty();
    assertThat(findings(rejected))
        .containsExactly(
            new Finding(
                "parent-contradicted",
                1,
                "init/source.pt",
                "the weights contradict the declared source: it was made from init/source.pt (7 tensors"
                    + " shared, 3 changed)"));
    assertThat(findings(rejected)).allMatch(PlannedEdge::isContradiction);
    assertThat(found.get(1).isJudged()).isTrue();
    assertThat(found.get(1).notes()).containsExactly("weights: 7 tensors shared, 3 changed");
  }

  @Test
  void anOrderThatTheWeightsContradictIsAFindingOfItsOwn() {
    InferredEdge first = edge(SOURCE, STEP_1, "train");
    InferredEdge second = edge(SOURCE, STEP_2, "train");
    evaluation.ruling(second, STEP_1, 4, false);
    List<PlannedEdge> found =
        parentage(forest(first, second), ordered(STEP_1, STEP_2), declared(SOURCE, STEP_2));
    assertThat(found)
        .contains(
            planned(STEP_1, STEP_2, Status.REJECTED, contradicts(second), "order"),
            planned(SOURCE, STEP_2, Status.DIRECT, WeightsEvidence.AGREES, "declared", "weights"));
    PlannedEdge rejected = found.get(0);
    assertThat(findings(rejected))
        .containsExactly(
            new Finding(
                "name-contradicted",
                1,
                "init/source.pt",
                "the weights contradict the file's name: it was made from init/source.pt (7 tensors"
                    + " shared, 3 changed)"));
    assertThat(rejected.notes()).isEmpty();
  }

  @Test
  void aBakedCheckpointWithoutAStepMayComeFromAnyStep() {
    CheckpointFile baked = file("run/baked.pt", Role.BAKED, 0);
    InferredEdge first = edge(STEP_1, STEP_2, "train");
    InferredEdge shown = edge(STEP_1, baked, "bake");
    evaluation.ruling(shown, STEP_2, 4, false);
    assertThat(parentage(forest(first, shown), ordered(STEP_2, baked)))
        .contains(planned(STEP_1, baked, Status.DIRECT, WeightsEvidence.infers(shown), "weights"))
        .noneMatch(edge -> edge.status() == Status.REJECTED);
  }

  @Test
  void aBakedCheckpointOfALaterStepThanItsNameStatesIsMisnamed() {
    CheckpointFile baked = file("run/baked_step1.pt", Role.BAKED, 1);
    InferredEdge trained = edge(STEP_1, STEP_2, "train");
    InferredEdge shown = edge(STEP_2, baked, "bake");
    evaluation.ruling(shown, STEP_1, 4, false);
    assertThat(parentage(forest(trained, shown), ordered(STEP_1, baked)))
        .contains(
            planned(STEP_1, baked, Status.REJECTED, contradicts(shown), "order"),
            planned(STEP_2, baked, Status.DIRECT, WeightsEvidence.infers(shown), "weights"));
  }

  @Test
  void aStepWithTheContentOfAnEarlierOneIsMisnamed() {
    CheckpointFile step3 = file("run/step3.pt");
    InferredEdge copy = copy(STEP_1, step3);
    evaluation.ruling(edge(SOURCE, STEP_1, "train"), STEP_2, 0, false);
    List<PlannedEdge> found =
        parentage(
            forest(edge(SOURCE, STEP_1, "train"), edge(STEP_1, STEP_2, "train"), copy),
            ordered(STEP_1, STEP_2),
            ordered(STEP_2, step3));
    assertThat(found)
        .contains(
            planned(STEP_2, step3, Status.REJECTED, contradicts(copy), "order"),
            planned(STEP_1, step3, Status.DIRECT, WeightsEvidence.infers(copy), "weights"));
  }

  @Test
  void misnamesAStepWithTheContentOfAnotherRun() {
    CheckpointFile first = file("second/step1.pt");
    CheckpointFile second = file("second/step2.pt");
    InferredEdge nearer = edge(STEP_1, STEP_2, "train");
    InferredEdge copy = copy(STEP_2, second);
    evaluation.ruling(nearer, first, 0, false);
    List<PlannedEdge> found =
        parentage(
            forest(edge(SOURCE, STEP_1, "train"), edge(SOURCE, first, "train"), nearer, copy),
            ordered(STEP_1, STEP_2),
            ordered(first, second));
    assertThat(found)
        .contains(planned(first, second, Status.REJECTED, contradicts(copy), "order"))
        .filteredOn(edge -> edge.status() == Status.REJECTED)
        .hasSize(1);
  }

  @Test
  void misnamesABestStateWithTheContentOfAStepOfAnotherRun() {
    CheckpointFile own = file("second/step1.pt");
    CheckpointFile best = HandMade.file("second/best_state_dict.pt", Role.BEST, 0);
    Forest forest =
        forest(edge(SOURCE, STEP_1, "train"), edge(SOURCE, own, "train"), copy(STEP_1, best));
    Edge[] claims = {declared(SOURCE, STEP_1), declared(SOURCE, own), declared(SOURCE, best)};
    assertThat(parentage(forest, claims))
        .contains(
            planned(SOURCE, best, Status.REJECTED, contradicts(copy(STEP_1, best)), "declared"))
        .filteredOn(edge -> edge.status() == Status.REJECTED)
        .hasSize(1);
    // Nothing else of its run was kept.
    Forest alone = forest(edge(SOURCE, STEP_1, "train"), copy(STEP_1, best));
    assertThat(parentage(alone, declared(SOURCE, STEP_1), declared(SOURCE, best)))
        .noneMatch(edge -> edge.status() == Status.REJECTED);
  }

  @Test
  void misnamesACopyOfAStepOfWhichALaterOneIsDeclared() {
    CheckpointFile released = file("release/model.pt");
    InferredEdge first = edge(SOURCE, STEP_1, "train");
    InferredEdge copy = copy(STEP_1, released);
    evaluation.ruling(first, STEP_2, 0, false);
    Forest forest = forest(first, edge(STEP_1, STEP_2, "train"), copy);
    assertThat(
            parentage(
                forest,
                declared(SOURCE, STEP_1),
                ordered(STEP_1, STEP_2),
                declared(STEP_2, released)))
        .contains(
            planned(STEP_2, released, Status.REJECTED, contradicts(copy), "declared"),
            planned(STEP_1, released, Status.DIRECT, WeightsEvidence.infers(copy), "weights"));
  }

  @Test
  void aCopyWithoutADeclaredParentDoesNotMisnameAStep() {
    CheckpointFile elsewhere = file("backup/step9.pt");
    InferredEdge other = edge(SOURCE, STEP_2, "train");
    evaluation.ruling(other, STEP_1, 0, false);
    List<PlannedEdge> found =
        parentage(
            forest(edge(SOURCE, STEP_1, "train"), other, copy(STEP_2, elsewhere)),
            ordered(STEP_1, STEP_2));
    assertThat(found).noneMatch(edge -> edge.status() == Status.REJECTED);
  }

  @Test
  void keepsADeclaredParentAndNotesACloserOne() {
    InferredEdge nearer = edge(SOURCE, STEP_1, "train");
    evaluation.ruling(nearer, OTHER, 0, false);
    List<PlannedEdge> found = parentage(forest(nearer), declared(OTHER, STEP_1));
    assertThat(found)
        .containsExactly(
            planned(
                OTHER,
                STEP_1,
                Status.DIRECT,
                WeightsEvidence.shows(WeightsEvidence.Says.PREFERS, nearer),
                "declared"));
    assertThat(found.get(0).notes())
        .containsExactly("weights: init/source.pt is closer, which is not a proof");
    assertThat(findings(found.get(0))).isEmpty();
  }

  @Test
  void aParentThatCouldNotBeReadIsKept() {
    CheckpointFile lost = file("lost/best.pt");
    assertThat(parentage(forest(edge(SOURCE, STEP_1, "train")), declared(lost, STEP_1)))
        .containsExactly(planned(lost, STEP_1, Status.DIRECT, WeightsEvidence.NOTHING, "declared"));
  }

  @Test
  void aChildWithoutADeclaredParentHasTheInferredOne() {
    InferredEdge shown = edge(SOURCE, STEP_1, "unknown", 2);
    List<PlannedEdge> found = parentage(forest(shown));
    assertThat(found)
        .containsExactly(
            planned(SOURCE, STEP_1, Status.DIRECT, WeightsEvidence.infers(shown), "weights"));
    assertThat(found.get(0).notes())
        .containsExactly(
            "weights: 7 tensors shared, 3 changed, not explained by any known operation");
  }

  @Test
  void anInitialStateHasAnInferredParentOnlyIfEverythingIsExplained() {
    CheckpointFile initial = file("run/initial.pt", Role.INITIAL, 0);
    InferredEdge explained = edge(SOURCE, initial, "bake");
    assertThat(parentage(forest(explained)))
        .containsExactly(
            planned(SOURCE, initial, Status.DIRECT, WeightsEvidence.infers(explained), "weights"));
    assertThat(parentage(forest(edge(SOURCE, initial, "train", 1)))).isEmpty();
  }

  @Test
  void leavesOutInferredEdgesAgainstDeclaredOnes() {
    assertThat(parentage(forest(edge(STEP_1, STEP_2, "train")), declared(STEP_2, STEP_1)))
        .containsExactly(
            planned(STEP_2, STEP_1, Status.DIRECT, WeightsEvidence.NOTHING, "declared"));
  }

  @Test
  void aRingOverSeveralDeclaredEdgesIsNotClosed() {
    CheckpointFile between = file("mid/between.pt");
    InferredEdge back = edge(STEP_1, STEP_2, "train");
    assertThat(parentage(forest(back), declared(STEP_2, between), declared(between, STEP_1)))
        .extracting(PlannedEdge::ends, PlannedEdge::status)
        .containsExactlyInAnyOrder(
            tuple(declared(STEP_2, between).ends(), Status.DIRECT),
            tuple(declared(between, STEP_1).ends(), Status.DIRECT));
  }

  @Test
  void circularDeclarationsAreBothKeptWithoutAThirdEdge() {
    InferredEdge shown = edge(STEP_1, STEP_2, "train");
    assertThat(parentage(forest(shown), declared(STEP_1, STEP_2), declared(STEP_2, STEP_1)))
        .containsExactly(
            planned(STEP_1, STEP_2, Status.DIRECT, WeightsEvidence.AGREES, "declared", "weights"),
            planned(STEP_2, STEP_1, Status.DIRECT, WeightsEvidence.NOTHING, "declared"));
  }

  // A rejected declaration leads nowhere: what the weights show does not close a ring with it.
  @Test
  void aRejectedDeclarationDoesNotKeepAnInferredEdgeOut() {
    InferredEdge first = edge(SOURCE, STEP_1, "train");
    InferredEdge second = edge(STEP_1, STEP_2, "train");
    evaluation.ruling(first, STEP_2, 0, true);
    assertThat(parentage(forest(first, second), declared(STEP_2, STEP_1)))
        .containsExactlyInAnyOrder(
            planned(STEP_2, STEP_1, Status.REJECTED, contradicts(first), "declared"),
            planned(SOURCE, STEP_1, Status.DIRECT, WeightsEvidence.infers(first), "weights"),
            planned(STEP_1, STEP_2, Status.DIRECT, WeightsEvidence.infers(second), "weights"));
  }

  @Test
  void copiesAreEdgesToo() {
    CheckpointFile best = file("run/best.pt");
    InferredEdge copied = copy(STEP_1, best);
    assertThat(parentage(forest(edge(SOURCE, STEP_1, "train"), copied), declared(SOURCE, STEP_1)))
        .contains(planned(STEP_1, best, Status.DIRECT, WeightsEvidence.infers(copied), "weights"));
  }

  // What is declared of a best state is kept, and so is that a step has its content.
  @Test
  void aCopyWithADeclaredParentIsAnEdgeTooIfAnotherParentIsCloser() {
    CheckpointFile best = HandMade.file("run/best_state_dict.pt", Role.BEST, 0);
    InferredEdge nearer = edge(SOURCE, STEP_1, "train");
    InferredEdge copied = copy(STEP_1, best);
    evaluation.ruling(nearer, OTHER, 0, false);
    assertThat(parentage(forest(nearer, copied), declared(OTHER, STEP_1), declared(OTHER, best)))
        .containsExactlyInAnyOrder(
            planned(
                OTHER,
                STEP_1,
                Status.DIRECT,
                WeightsEvidence.shows(WeightsEvidence.Says.PREFERS, nearer),
                "declared"),
            planned(
                OTHER,
                best,
                Status.DIRECT,
                WeightsEvidence.shows(WeightsEvidence.Says.PREFERS, nearer),
                "declared"),
            planned(STEP_1, best, Status.DIRECT, WeightsEvidence.infers(copied), "weights"));
  }

  @Test
  void edgesAreInTheOrderOfRunsThoseOfOneChildTogether() {
    CheckpointFile a = file("a/step1.pt");
    InferredEdge into = edge(SOURCE, STEP_1, "train");
    InferredEdge ofA = edge(SOURCE, a, "train");
    evaluation.ruling(into, OTHER, 0, false);
    List<PlannedEdge> found =
        parentage(
            forest(into, ofA),
            declared(SOURCE, STEP_1),
            declared(SOURCE, a),
            declared(OTHER, STEP_1));
    assertThat(found)
        .extracting(edge -> edge.ends().parentPath(), edge -> edge.ends().childPath())
        .containsExactly(
            tuple("init/source.pt", "a/step1.pt"),
            tuple("init/source.pt", "run/step1.pt"),
            tuple("other/best.pt", "run/step1.pt"));
  }
}
