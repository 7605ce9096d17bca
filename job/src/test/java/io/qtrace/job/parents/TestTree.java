package io.qtrace.job.parents;

import static io.qtrace.job.parents.HandMade.file;
import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.job.archive.CheckpointFile;
import io.qtrace.job.archive.Role;
import io.qtrace.job.parents.DeclaredParents.Declaration;
import io.qtrace.job.policy.EdgeKind;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class TestTree {
  private static final CheckpointFile A = file("a.pt");
  private static final CheckpointFile B = file("b.pt");
  private static final CheckpointFile C = file("c.pt");
  private static final CheckpointFile D = file("d.pt");

  private final StatedEvaluation evaluation = new StatedEvaluation();
  private final Map<CheckpointFile, Double> trained = new TreeMap<>();

  private static Transition train(int unexplained, double distance) {
    return new Transition(
        new EdgeKind("train"),
        5,
        4,
        unexplained,
        0,
        distance,
        false,
        true,
        false,
        false,
        List.of());
  }

  private static Transition proved(String kind, double distance) {
    return new Transition(
        new EdgeKind(kind), 5, 4, 0, 0, distance, true, true, false, false, List.of());
  }

  private void both(CheckpointFile one, CheckpointFile other, Transition transition) {
    evaluation.transition(one, other, transition).transition(other, one, transition);
  }

  /** Parents by child, over links of all pairs. */
  private Map<String, String> tree(DeclaredParents claims, CheckpointFile... files) {
    Set<Link> links = new TreeSet<>();
    for (int i = 0; i < files.length; i++) {
      for (int j = i + 1; j < files.length; j++) {
        links.add(new Link(i, j));
      }
    }
    return tree(claims, links, files);
  }

  private Map<String, String> tree(
      DeclaredParents claims, Set<Link> links, CheckpointFile... files) {
    List<MeasuredCheckpoint> nodes = new ArrayList<>();
    for (CheckpointFile file : files) {
      nodes.add(HandMade.measured(file, trained.getOrDefault(file, 0.0)));
    }
    Tree tree = new Tree(nodes, links, claims, Map.of(), evaluation);
    Map<String, String> parents = new TreeMap<>();
    for (int i = 0; i < files.length; i++) {
      String parent = tree.parent(i).isPresent() ? files[tree.parent(i).getAsInt()].path() : "root";
      parents.put(files[i].path(), parent);
    }
    return parents;
  }

  @Test
  void whatLeavesLessUnexplainedIsTheParent() {
    evaluation.transition(A, C, train(0, 9)).transition(B, C, train(1, 1));
    assertThat(tree(DeclaredParents.NONE, A, B, C))
        .isEqualTo(Map.of("a.pt", "root", "b.pt", "root", "c.pt", "a.pt"));
  }

  @Test
  void ofEquallyExplainedOnesTheNearerIsTheParent() {
    evaluation.transition(A, C, train(0, 2)).transition(B, C, train(0, 1));
    assertThat(tree(DeclaredParents.NONE, A, B, C)).containsEntry("c.pt", "b.pt");
  }

  @Test
  void whatSharesTooLittleIsNotAParent() {
    evaluation.transition(
        A,
        B,
        new Transition(
            new EdgeKind("train"), 0, 4, 0, 0, 0.1, false, false, false, false, List.of()));
    assertThat(tree(DeclaredParents.NONE, A, B)).isEqualTo(Map.of("a.pt", "root", "b.pt", "root"));
  }

  @Test
  void hasNoCycleBetweenMutuallyClosestNodes() {
    both(A, B, train(0, 1));
    both(B, C, train(0, 1));
    both(A, C, train(0, 5));
    evaluation.transition(D, B, train(2, 9));
    assertThat(tree(DeclaredParents.NONE, A, B, C, D))
        .isEqualTo(Map.of("a.pt", "b.pt", "b.pt", "d.pt", "c.pt", "b.pt", "d.pt", "root"));
  }

  @Test
  void declarationsDecideTheDirectionThatWeightsLeaveOpen() {
    both(A, B, train(0, 1));
    assertThat(tree(DeclaredParents.of(List.of(new Declaration(B, A))), A, B))
        .isEqualTo(Map.of("a.pt", "b.pt", "b.pt", "root"));
    assertThat(tree(DeclaredParents.of(List.of(new Declaration(A, B))), A, B))
        .isEqualTo(Map.of("a.pt", "root", "b.pt", "a.pt"));
  }

  @Test
  void declarationsOverSeveralStepsDecideToo() {
    both(A, C, train(0, 1));
    DeclaredParents claims =
        DeclaredParents.of(List.of(new Declaration(C, B), new Declaration(B, A)));
    assertThat(tree(claims, A, C)).isEqualTo(Map.of("a.pt", "c.pt", "c.pt", "root"));
  }

  @Test
  void cyclicDeclarationsDecideNothing() {
    CheckpointFile later = file("b.pt", Role.OTHER, 100);
    both(A, later, train(0, 1));
    DeclaredParents circle =
        DeclaredParents.of(List.of(new Declaration(A, later), new Declaration(later, A)));
    assertThat(tree(circle, A, later)) // the times do
        .isEqualTo(Map.of("a.pt", "root", "b.pt", "a.pt"));
  }

  @Test
  void numbersThatProveTheDirectionOverruleDeclarations() {
    evaluation.transition(A, B, proved("bake", 1)).transition(B, A, train(0, 1));
    assertThat(tree(DeclaredParents.of(List.of(new Declaration(B, A))), A, B))
        .isEqualTo(Map.of("a.pt", "root", "b.pt", "a.pt"));
  }

  @Test
  void trainingLeadsAwayFromTheStoredLut() {
    both(A, B, train(0, 1));
    trained.put(A, 3.0);
    trained.put(B, 1.0);
    assertThat(tree(DeclaredParents.NONE, A, B)).isEqualTo(Map.of("a.pt", "b.pt", "b.pt", "root"));
  }

  @Test
  void nanLutIsNotCloseToAll() {
    trained.put(B, Double.NaN);
    evaluation.transition(A, C, train(0, 1)).transition(B, C, train(0, 2));
    assertThat(tree(DeclaredParents.NONE, A, B, C)).containsEntry("c.pt", "a.pt");
  }

  @Test
  void noTrainingMakesAnInitialCheckpoint() {
    CheckpointFile initial = HandMade.file("v2_initial.pt", Role.INITIAL, 5);
    both(A, initial, train(0, 1));
    assertThat(tree(DeclaredParents.NONE, A, initial))
        .isEqualTo(Map.of("v2_initial.pt", "root", "a.pt", "v2_initial.pt"));
  }

  @Test
  void stepsAndTimesDecideTies() {
    CheckpointFile step10 = file("run/step10.pt", Role.STEP, 5);
    CheckpointFile step20 = file("run/step20.pt", Role.STEP, 1); // written again
    both(step10, step20, train(0, 1));
    assertThat(tree(DeclaredParents.NONE, step20, step10))
        .isEqualTo(Map.of("run/step10.pt", "root", "run/step20.pt", "run/step10.pt"));
    CheckpointFile early = file("x/early.pt", Role.OTHER, 1);
    CheckpointFile late = file("x/a_late.pt", Role.OTHER, 2);
    both(early, late, train(0, 1));
    assertThat(tree(DeclaredParents.NONE, late, early))
        .isEqualTo(Map.of("x/early.pt", "root", "x/a_late.pt", "x/early.pt"));
  }

  // B and C both come from A, nearer to each other than to it; C saves nothing by way of B.
  @Test
  void runsWithOneStartAreSiblings() {
    evaluation
        .transition(A, B, train(0, 10))
        .transition(B, A, train(1, 10))
        .transition(A, C, train(0, 10))
        .transition(C, A, train(1, 10));
    both(B, C, train(0, 8));
    assertThat(tree(DeclaredParents.NONE, A, B, C))
        .isEqualTo(Map.of("a.pt", "root", "b.pt", "a.pt", "c.pt", "a.pt"));
  }

  // The way on from B is a quarter of B's own way shorter than from A.
  @Test
  void aRunThatContinuesAnotherSavesAQuarterOfItsWay() {
    evaluation
        .transition(A, B, train(0, 10))
        .transition(B, A, train(1, 10))
        .transition(A, C, train(0, 11))
        .transition(C, A, train(1, 11));
    evaluation.transition(B, C, train(0, 8.5)).transition(C, B, train(1, 8.5));
    assertThat(tree(DeclaredParents.NONE, A, B, C))
        .isEqualTo(Map.of("a.pt", "root", "b.pt", "a.pt", "c.pt", "b.pt"));
    evaluation.transition(B, C, train(0, 8.6)).transition(C, B, train(1, 8.6));
    assertThat(tree(DeclaredParents.NONE, A, B, C)).containsEntry("c.pt", "a.pt");
  }

  // It trains the attention after a run that trained the MLP, a little.
  @Test
  void aRunThatKeepsWhatAnotherTrainedContinuesIt() {
    evaluation.transition(A, B, inventing(9, 1)).transition(A, C, inventing(21, 10.01));
    evaluation.transition(B, C, inventing(12, 10));
    assertThat(tree(DeclaredParents.NONE, A, B, C))
        .isEqualTo(Map.of("a.pt", "root", "b.pt", "a.pt", "c.pt", "b.pt"));
  }

  private static Transition inventing(int tensors, double distance) {
    return new Transition(
        new EdgeKind("train"), 5, 30, 0, tensors, distance, false, true, false, false, List.of());
  }

  // Of a damaged _Q, which a sync would mend.
  private static Transition mending(String kind, int unexplained) {
    return new Transition(
        new EdgeKind(kind), 9, 1, unexplained, 0, 0, false, true, false, true, List.of());
  }

  private static Transition leaving(int unexplained) {
    return new Transition(
        EdgeKind.UNKNOWN, 9, 1, unexplained, 0, 0, false, true, false, false, List.of());
  }

  @Test
  void anInitialCheckpointIsNotMadeOfADamagedCopyOfIt() {
    CheckpointFile damaged = file("backup/initial.pt", Role.INITIAL, 100);
    CheckpointFile sound = file("init/initial.pt", Role.INITIAL, 200);
    evaluation
        .transition(damaged, sound, mending("sync", 0))
        .transition(sound, damaged, leaving(1));
    assertThat(tree(DeclaredParents.NONE, damaged, sound))
        .isEqualTo(Map.of("backup/initial.pt", "init/initial.pt", "init/initial.pt", "root"));
    assertThat(tree(DeclaredParents.of(List.of(new Declaration(damaged, sound))), damaged, sound))
        .isEqualTo(Map.of("backup/initial.pt", "root", "init/initial.pt", "backup/initial.pt"));
  }

  @Test
  void ofAnInitialCheckpointAndWhatAToolMadeOfItInItsFolderTheShorterNameIsFirst() {
    CheckpointFile sound = file("init/initial.pt", Role.INITIAL, 200);
    CheckpointFile copy = file("init/initial_copy.pt", Role.INITIAL, 100);
    evaluation.transition(copy, sound, mending("sync", 0)).transition(sound, copy, leaving(1));
    assertThat(tree(DeclaredParents.NONE, copy, sound)).containsEntry("init/initial.pt", "root");
    evaluation.transition(sound, copy, mending("sync", 0)).transition(copy, sound, leaving(1));
    assertThat(tree(DeclaredParents.NONE, copy, sound)).containsEntry("init/initial.pt", "root");
  }

  // Its deltas are infinite in one layer, which training explains both ways.
  @Test
  void aCheckpointIsNotTrainedFromADamagedCopyOfIt() {
    evaluation
        .transition(A, B, train(0, 9))
        .transition(A, C, train(0, 9))
        .transition(B, C, mending("train", 0))
        .transition(C, B, train(0, 1));
    assertThat(tree(DeclaredParents.NONE, A, B, C))
        .isEqualTo(Map.of("a.pt", "root", "b.pt", "c.pt", "c.pt", "a.pt"));
  }

  @Test
  void ofEqualParentsTheOneWithoutDamageIsTaken() {
    evaluation
        .transition(A, B, train(1, 0))
        .transition(A, C, mending("train", 0))
        .transition(B, A, train(1, 0))
        .transition(
            B,
            C,
            new Transition(
                new EdgeKind("train"), 9, 1, 0, 0, 0, false, true, false, false, List.of()));
    assertThat(tree(DeclaredParents.NONE, A, B, C)).containsEntry("c.pt", "b.pt");
  }

  @Test
  void ofParentsThatExplainEquallyTheOneThatLeavesLessToRoundingIsTaken() {
    evaluation
        .transition(A, D, proved("dequantize", 0))
        .transition(B, D, proved("dequantize", 0))
        .transition(C, D, proved("dequantize", 0));
    assertThat(verified(Map.of())).isEqualTo("a.pt");
    assertThat(verified(Map.of(A, 900L))).isEqualTo("a.pt");
    assertThat(verified(Map.of(A, 900L, B, 7L, C, 40L))).isEqualTo("b.pt");
    assertThat(verified(Map.of(A, 900L, C, 40L))).isEqualTo("c.pt");
    assertThat(verified(Map.of(A, 0L, C, 40L))).isEqualTo("a.pt");
    assertThat(verified(Map.of(A, 100L, C, 40L))).isEqualTo("a.pt");
  }

  // The parent of D, after some steps to it were verified, by elements within rounding.
  private String verified(Map<CheckpointFile, Long> rounded) {
    Map<ProvedStep, Verification> proved = new HashMap<>();
    rounded.forEach(
        (parent, elements) -> proved.put(step(parent, D), new Verification(0, elements, 0)));
    List<CheckpointFile> files = List.of(A, B, C, D);
    Tree tree =
        new Tree(
            files.stream().map(file -> HandMade.measured(file, 0)).toList(),
            Set.of(new Link(0, 3), new Link(1, 3), new Link(2, 3)),
            DeclaredParents.NONE,
            proved,
            evaluation);
    return files.get(tree.parent(3).orElseThrow()).path();
  }

  private static ProvedStep step(CheckpointFile parent, CheckpointFile child) {
    return new ProvedStep(
        HandMade.measured(parent, 0).sketch().content(),
        HandMade.measured(child, 0).sketch().content());
  }

  @Test
  void stepsOfOneRunAreNotLifted() {
    CheckpointFile step1 = file("run/step1.pt");
    CheckpointFile step2 = file("run/step2.pt");
    evaluation
        .transition(A, step1, train(0, 10))
        .transition(A, step2, train(0, 10))
        .transition(step1, step2, train(0, 9));
    assertThat(tree(DeclaredParents.NONE, A, step1, step2))
        .isEqualTo(Map.of("a.pt", "root", "run/step1.pt", "a.pt", "run/step2.pt", "run/step1.pt"));
  }

  @Test
  void onlyTrainingsAreLifted() {
    evaluation
        .transition(A, B, train(0, 10))
        .transition(A, C, train(0, 10))
        .transition(B, C, proved("bake", 9));
    assertThat(tree(DeclaredParents.NONE, A, B, C)).containsEntry("c.pt", "b.pt");
  }

  @Test
  void whatLinksDoNotJoinIsEvaluatedWhenItIsLifted() {
    evaluation
        .transition(A, B, train(0, 10))
        .transition(A, C, train(0, 10))
        .transition(B, C, train(0, 9));
    Set<Link> chain = new TreeSet<>(List.of(new Link(0, 1), new Link(1, 2)));
    assertThat(tree(DeclaredParents.NONE, chain, A, B, C)).containsEntry("c.pt", "a.pt");
    assertThat(evaluation.candidates())
        .containsExactlyInAnyOrder(
            Candidate.of(A.id(), B.id()),
            Candidate.of(B.id(), C.id()),
            Candidate.of(A.id(), C.id()));
  }

  @Test
  void candidatesAreEvaluatedOnce() {
    both(A, B, train(0, 1));
    both(B, C, train(0, 1));
    both(A, C, train(0, 1.5));
    tree(DeclaredParents.NONE, A, B, C);
    assertThat(evaluation.candidates()).doesNotHaveDuplicates().hasSize(3);
  }
}
