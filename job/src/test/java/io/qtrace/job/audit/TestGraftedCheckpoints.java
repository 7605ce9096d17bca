package io.qtrace.job.audit;

import static io.qtrace.job.parents.HandMade.file;
import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.job.archive.CheckpointFile;
import io.qtrace.job.judge.Evidence;
import io.qtrace.job.parents.GraftedTensors;
import io.qtrace.job.parents.WeightsEvidence;
import io.qtrace.job.policy.Finding;
import io.qtrace.job.policy.Waivers;
import java.time.LocalDate;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TestGraftedCheckpoints {
  private static final Waivers NO_WAIVERS = new Waivers(List.of(), LocalDate.parse("2026-11-27"));
  private static final CheckpointFile INITIAL = file("init.pt");
  private static final CheckpointFile STEP_1 = file("run/step1.pt");
  private static final CheckpointFile STEP_2 = file("run/step2.pt");
  private static final GraftedTensors GRAFTED =
      new GraftedTensors("other/st\u001bep1.pt", List.of("layer.scale_A", "layer.scale_B"));

  private static PlannedEdge edge(CheckpointFile parent, CheckpointFile child, Evidence evidence) {
    return PlannedEdge.of(
        new Edge(parent, child, EnumSet.of(evidence)),
        PlannedEdge.Status.DIRECT,
        WeightsEvidence.NOTHING);
  }

  private static List<Finding> findings(PlannedEdge edge) {
    return edge.graftFindings(NO_WAIVERS).findings();
  }

  @Test
  void oneEdgeReportsWhatACheckpointTookTheNearest() {
    List<PlannedEdge> edges =
        List.of(
            edge(INITIAL, STEP_2, Evidence.DECLARED),
            edge(STEP_1, STEP_2, Evidence.ORDER),
            edge(INITIAL, STEP_1, Evidence.DECLARED));
    List<PlannedEdge> reporting = new GraftedCheckpoints(Map.of(STEP_2.id(), GRAFTED)).on(edges);
    assertThat(reporting).hasSize(3);
    assertThat(findings(reporting.get(0))).isEmpty();
    assertThat(findings(reporting.get(1)))
        .containsExactly(
            new Finding(
                "grafted",
                2,
                "layer.scale_A",
                "2 tensors byte for byte as in other/st\\u001bep1.pt, unlike others of the group, such as layer.scale_A: training never comes out the same twice"));
    assertThat(findings(reporting.get(2))).isEmpty();
  }

  @Test
  void aRootReportsItByItsPath() {
    GraftedCheckpoints grafted = new GraftedCheckpoints(Map.of(INITIAL.id(), GRAFTED));
    assertThat(grafted.findings(INITIAL.id(), INITIAL.path(), NO_WAIVERS))
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.example()).isEqualTo("init.pt");
              assertThat(finding.message()).startsWith("init.pt: 2 tensors byte for byte as in");
            });
    assertThat(grafted.findings(STEP_1.id(), STEP_1.path(), NO_WAIVERS)).isEmpty();
  }
}
