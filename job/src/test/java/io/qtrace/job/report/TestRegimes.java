package io.qtrace.job.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.job.lineage.AuditedEdge;
import io.qtrace.job.policy.Verdict;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class TestRegimes {
  @Test
  void runsThatTrainTheSameShareALine() {
    List<AuditedEdge> edges = new ArrayList<>();
    for (String run : List.of("a", "b", "c", "d", "e")) {
      edges.add(train("source/s.pt", run + "/step1.pt", "scale_A", "the LUT of 14 layers"));
      edges.add(train(run + "/step1.pt", run + "/step2.pt", "scale_A", "the LUT of 14 layers"));
    }
    edges.add(train("source/s.pt", "f/step1.pt"));
    assertThat(Regimes.lines(edges))
        .containsExactly("  scale_A, the LUT of 14 layers: a, b, c and 2 more");
    assertThat(Regimes.lines(List.of())).isEmpty();
  }

  @Test
  void groupsThatNotAllStepsTrainHaveBounds() {
    List<AuditedEdge> steps =
        List.of(
            train("s.pt", "r/step1.pt", "early", "scale_A", "twice"),
            train("r/step1.pt", "r/step2.pt", "early", "scale_A", "middle"),
            train("r/step2.pt", "r/step3.pt", "late", "scale_A", "middle"),
            train("r/step3.pt", "r/step4.pt", "late", "scale_A", "twice"));
    assertThat(Regimes.regime(steps))
        .isEqualTo(
            "early until step2.pt, scale_A, twice in 2 of 4 steps, middle in 2 of 4 steps,"
                + " late from step3.pt on");
  }

  // From a source to a step there are more changes than from the step before it.
  @Test
  void aStepOfItsOwnRunCountsOnce() {
    List<AuditedEdge> edges =
        List.of(
            train("s.pt", "r/step1.pt", "scale_A", "norm"),
            train("s.pt", "r/step2.pt", "scale_A", "norm"),
            train("r/step1.pt", "r/step2.pt", "scale_A"));
    assertThat(Regimes.lines(edges)).containsExactly("  scale_A, norm until step1.pt: r");
  }

  private static AuditedEdge train(String parent, String child, String... trained) {
    return HandMadeEdge.of(
            parent, child, "train", Verdict.CLEAN, List.of("order"), List.of(), List.of(trained))
        .edge();
  }
}
