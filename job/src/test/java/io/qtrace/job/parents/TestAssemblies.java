package io.qtrace.job.parents;

import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.job.archive.CheckpointFile;
import io.qtrace.job.archive.Role;
import io.qtrace.job.operations.Graft;
import io.qtrace.job.parents.DeclaredParents.Declaration;
import io.qtrace.job.policy.EdgeKind;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class TestAssemblies {
  private static final int SCALES = 10; // tensors, and the hash of their group
  private static final int MAGNITUDES = 6;

  private static final CheckpointFile INITIAL = HandMade.file("init.pt");
  private static final CheckpointFile DONOR = HandMade.file("run/step1.pt");
  private static final CheckpointFile BASE = HandMade.file("run/step2.pt");

  private final StatedEvaluation evaluation = new StatedEvaluation();

  private void both(CheckpointFile one, CheckpointFile other, double distance, Integer... groups) {
    int moved = Stream.of(groups).mapToInt(Integer::intValue).sum();
    Transition train =
        new Transition(
            new EdgeKind("train"),
            30 - moved,
            moved,
            0,
            moved,
            distance,
            false,
            true,
            false,
            false,
            List.of(groups));
    evaluation.transition(one, other, train).transition(other, one, train);
  }

  // It has the base's factors and the donor's magnitudes, so it lies between them.
  private Forest search(CheckpointFile mixed, DeclaredParents claims) {
    both(INITIAL, DONOR, 1, SCALES, MAGNITUDES);
    both(INITIAL, BASE, 1.4, SCALES, MAGNITUDES);
    both(INITIAL, mixed, 1.3, SCALES, MAGNITUDES);
    both(DONOR, BASE, 1, SCALES, MAGNITUDES);
    both(BASE, mixed, 0.5, MAGNITUDES);
    both(DONOR, mixed, 0.8, SCALES);
    return new ParentSearch(evaluation)
        .run(HandMade.measured(List.of(INITIAL, DONOR, BASE, mixed)), claims);
  }

  @Test
  void aStepThatNamesAnotherParentIsNotTrainedFromAGraftOfIt() {
    CheckpointFile mixed = HandMade.file("mixed.pt");
    Forest forest =
        search(
            mixed,
            DeclaredParents.of(
                List.of(new Declaration(INITIAL, DONOR), new Declaration(DONOR, BASE))));
    assertThat(forest.edgeTo(BASE).orElseThrow().parent()).isEqualTo(DONOR);
    assertThat(forest.edgeTo(mixed).orElseThrow().parent()).isEqualTo(BASE);
    assertThat(forest.edgeTo(mixed).orElseThrow().kind()).isEqualTo(Graft.KIND);
    assertThat(forest.donors()).extracting(InferredEdge::parent).containsExactly(DONOR);
  }

  // Hashes of blocks are odd.
  @Test
  void blocksOfTwoRunsArePutTogetherThoseThatAToolLeftOutAreNot() {
    CheckpointFile mixed = HandMade.file("mixed.pt");
    both(INITIAL, DONOR, 1, SCALES, 3, 5);
    both(INITIAL, BASE, 1, SCALES, 3, 5);
    both(INITIAL, mixed, 1, SCALES, 3, 5);
    both(DONOR, BASE, 1.4, SCALES, 3, 5);
    both(BASE, mixed, 0.7, SCALES, 3);
    both(DONOR, mixed, 0.7, SCALES, 5);
    List<MeasuredCheckpoint> measured = HandMade.measured(List.of(INITIAL, DONOR, BASE, mixed));
    DeclaredParents siblings =
        DeclaredParents.of(
            List.of(
                new Declaration(INITIAL, DONOR),
                new Declaration(INITIAL, BASE),
                new Declaration(INITIAL, mixed)));
    Forest graft = new ParentSearch(evaluation).run(measured, siblings);
    assertThat(graft.edgeTo(mixed).orElseThrow().kind()).isEqualTo(Graft.KIND);
    assertThat(graft.donors()).hasSize(1);
    both(DONOR, BASE, 0.1, SCALES, 3, 5);
    DeclaredParents chain =
        DeclaredParents.of(
            List.of(
                new Declaration(INITIAL, DONOR),
                new Declaration(DONOR, BASE),
                new Declaration(INITIAL, mixed)));
    Forest left = new ParentSearch(evaluation).run(measured, chain);
    assertThat(left.edgeTo(BASE).orElseThrow().parent()).isEqualTo(DONOR);
    assertThat(left.donors()).isEmpty();
  }

  @Test
  void aDeclaredParentIsNotAGraftOfItsChild() {
    CheckpointFile mixed = HandMade.file("run/mixed.pt", Role.OTHER, 9);
    Forest forest =
        search(
            mixed,
            DeclaredParents.of(
                List.of(
                    new Declaration(INITIAL, DONOR),
                    new Declaration(DONOR, mixed),
                    new Declaration(mixed, BASE))));
    assertThat(forest.edgeTo(BASE).orElseThrow().parent()).isEqualTo(mixed);
    assertThat(forest.donors()).isEmpty();
  }
}
