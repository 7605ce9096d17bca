package io.qtrace.job.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.job.audit.AuditReport;
import io.qtrace.job.audit.AuditedArchive;
import io.qtrace.job.lineage.AuditEntry;
import io.qtrace.job.lineage.RecordedEdge;
import io.qtrace.job.policy.Verdict;
import io.qtrace.job.text.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TestLineageTree {
  private static final List<RecordedEdge> EDGES =
      List.of(
          edge("initial", "debug/step20", "train", "CLEAN", "declared", "weights"),
          edge("initial", "bug/step20", "none", "VIOLATION", "declared"),
          edge("debug/step20", "bug/step20", "unknown", "VIOLATION", "weights"),
          edge("initial", "lut/step1", "train", "CLEAN", "declared", "weights"),
          edge("initial", "lut/baked", "several", "CLEAN", "declared", "order"),
          edge("lut/step1", "lut/baked", "bake", "CLEAN", "order"),
          edge("initial", "lut/step2", "train", "VIOLATION", "declared"),
          edge("lut/step1", "lut/step2", "train", "CLEAN", "order", "weights"));

  @Test
  void standsBelowTheTrueParentAndNamesContradictedOnes() {
    assertThat(LineageText.lines(tree(EDGES)))
        .containsExactly(
            "audit id of file:/archive",
            "initial",
            "├─ train CLEAN: debug/step20 (1 identical, 2 changed)",
            "│  └─ unknown VIOLATION: bug/step20 (1 identical, 2 changed)",
            "│        not made from initial: the weights contradict its run's config.json, VIOLATION",
            "└─ train CLEAN: lut/step1 (1 identical, 2 changed)",
            "   ├─ bake CLEAN: lut/baked (1 identical, 2 changed)",
            "   └─ train CLEAN: lut/step2 (1 identical, 2 changed)",
            "         also train VIOLATION from initial");
  }

  @Test
  void drawsContradictedParentsDashed() {
    assertThat(LineageDot.lines(List.of(tree(EDGES))))
        .contains(
            "  \"debug/step20\" -> \"bug/step20\" [label=\"unknown VIOLATION, 2 changed, _Q 0 of"
                + " 0\", color=red];",
            "  \"initial\" -> \"bug/step20\" [label=\"contradicted\", color=red, style=dashed];",
            "  \"initial\" -> \"lut/step2\" [label=\"train VIOLATION\", color=red, style=dotted];");
  }

  @Test
  void foldsTheRunsOfALargeArchive() {
    List<RecordedEdge> edges = new ArrayList<>(EDGES);
    for (int run = 0; run < 3; run++) {
      edges.add(edge("initial", "run" + run + "/s0", "train", "CLEAN", "order"));
      for (int i = 0; i < 40; i++) {
        edges.add(
            edge(
                "run%d/s%d".formatted(run, i),
                "run%d/s%d".formatted(run, i + 1),
                "train",
                run == 1 && i > 37 ? "VIOLATION" : "CLEAN",
                "order"));
      }
    }
    edges.add(edge("run2/s7", "baked/b", "bake", "CLEAN", "order"));
    assertThat(LineageText.lines(tree(edges)))
        .containsExactly(
            "audit id of file:/archive",
            "initial",
            "├─ train CLEAN: debug/step20 (1 identical, 2 changed)",
            "│  └─ unknown VIOLATION: bug/step20 (1 identical, 2 changed)",
            "│        not made from initial: the weights contradict its run's config.json, VIOLATION",
            "├─ lut: 3 checkpoints (2 train, 1 bake) VIOLATION: 1 edge",
            "├─ run0: 41 checkpoints (41 train) CLEAN",
            "├─ run1: 41 checkpoints (41 train) VIOLATION: 2 edges",
            "└─ run2: 41 checkpoints (41 train) CLEAN",
            "   └─ bake CLEAN: baked/b (1 identical, 2 changed)",
            "130 checkpoints in 8 lines: --run RUN shows the checkpoints of one run, --all every checkpoint");
  }

  @Test
  void showsOneRunWithWhatItWasMadeFrom() {
    LineageTree tree = tree(EDGES).ofRun("lut");
    assertThat(tree.checkpoints())
        .extracting(LineageTree.Node::path)
        .containsExactly("initial", "lut/step1", "lut/baked", "lut/step2");
    assertThat(tree.toDepth(1).checkpoints()).hasSize(2);
    assertThat(tree(EDGES).ofRun("lu").checkpoints()).isEmpty();
  }

  @Test
  void cutsACycleOfDeclaredParents() {
    LineageTree tree =
        tree(
            List.of(
                edge("a", "b", "train", "CLEAN", "declared"),
                edge("b", "c", "train", "CLEAN", "declared"),
                edge("c", "a", "train", "CLEAN", "declared")));
    assertThat(tree.checkpoints()).hasSize(3);
    assertThat(tree.checkpoints()).extracting(LineageTree.Node::depth).containsExactly(0, 1, 2);
  }

  @Test
  void foldsARunOf1500Checkpoints() {
    LineageTree tree =
        tree(
            IntStream.range(0, 1500)
                .mapToObj(i -> edge("s" + i, "s" + (i + 1), "train", "CLEAN", "order"))
                .toList());
    assertThat(LineageText.all(tree)).hasSize(1502);
    assertThat(Json.of(List.of(tree))).contains("\"depth\" : 1500");
  }

  private static LineageTree tree(List<RecordedEdge> edges) {
    AuditReport report =
        new AuditReport(
            "id",
            "file:/archive",
            Verdict.VIOLATION,
            new AuditReport.Size(0, 0, 0, 0),
            new AuditEntry.Reading(0, 0, 0),
            edges,
            List.of(),
            List.of(),
            List.of(),
            List.of(),
            List.of(),
            List.of());
    return LineageTree.of(new AuditedArchive(report, List.of()));
  }

  private static RecordedEdge edge(
      String parent, String child, String kind, String verdict, String... evidence) {
    return HandMadeEdge.of(
        parent, child, kind, Verdict.valueOf(verdict), List.of(evidence), List.of());
  }
}
