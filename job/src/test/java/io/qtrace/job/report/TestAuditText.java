package io.qtrace.job.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.job.audit.AuditReport;
import io.qtrace.job.lineage.AuditEntry;
import io.qtrace.job.lineage.RecordedEdge;
import io.qtrace.job.policy.Finding;
import io.qtrace.job.policy.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TestAuditText {
  private static final NextSteps NEXT =
      new NextSteps(
          "runs", List.of(), List.of("--policy", "p.yaml"), List.of("--warehouse", "my tables"));

  @Test
  void beginsWithTheVerdictAndEndsWithWhatToDo() {
    AuditReport report =
        report(
            List.of(
                edge("init/v2.pt", "a/s1.pt", "train"),
                edge("init/v2.pt", "b/s1.pt", "none", finding("parent-contradicted", "a/s1.pt")),
                edge("a/s1.pt", "b/s1.pt", "unknown", finding("q-stale", "l.0._Q"))),
            List.of());
    assertThat(AuditText.page(report, NEXT, 100))
        .containsExactly(
            "VIOLATION: 2 of 3 edges violate the policy, 2 findings",
            "Audit id of file:/runs",
            "3 runs, 3 checkpoints (3 read, 0 known), 3 edges, 2 KB, 1 KB read",
            "",
            "Findings",
            "  b/s1.pt, not made from init/v2.pt",
            "    parent-contradicted: such as a/s1.pt",
            "  b/s1.pt from a/s1.pt (unknown)",
            "    q-stale: such as l.0._Q",
            "",
            "Runs",
            "  run   checkpoints  edges              verdict",
            "  a               1  1 train            CLEAN",
            "  b               1  1 none, 1 unknown  VIOLATION: 2 edges",
            "  init            1                     CLEAN",
            "",
            "Conclusion",
            "  A sentence.",
            "",
            "Next",
            "  Look at the first violation layer by layer:",
            "    qtrace explain runs/a/s1.pt runs/b/s1.pt --policy p.yaml",
            "  Correct what is wrong and audit again, or waive known findings in the policy.",
            "  Every edge with its counts and notes:",
            "    qtrace audit --archive runs --policy p.yaml --warehouse 'my tables' --all",
            "  Which checkpoint was made from which:",
            "    qtrace lineage --archive runs --policy p.yaml --warehouse 'my tables'");
    assertThat(AuditText.all(report, NEXT))
        .contains("    VIOLATION  unknown    from a/s1.pt", "               1 identical, 2 changed")
        .doesNotContain("Runs")
        .noneMatch(line -> line.endsWith("--all"));
  }

  @Test
  void staysAPageWhenThousandsOfEdgesViolate() {
    List<RecordedEdge> edges = new ArrayList<>();
    for (int run = 0; run < 500; run++) {
      for (int step = 1; step < 6; step++) {
        edges.add(
            edge(
                "init/v2.pt",
                "r%03d/s%d.pt".formatted(run, step),
                "train",
                finding("q-stale", "x")));
      }
    }
    List<Finding> unreadable =
        IntStream.range(0, 200)
            .mapToObj(i -> finding("unreadable", "a-torn/%d.pt".formatted(i)))
            .toList();
    List<String> page = AuditText.page(report(edges, unreadable), NEXT, 100);
    assertThat(page)
        .hasSizeLessThan(120)
        .containsSequence(
            "  r000/s1.pt from init/v2.pt (train)",
            "    q-stale: such as x",
            "    the same findings:",
            "      r000/s2.pt from init/v2.pt (train)")
        .contains(
            "      and 2495 more edges (--all shows all)",
            "  and 190 more (--all shows all)",
            "  and 442 more runs, 441 with violations (--all shows all)",
            "    qtrace inspect runs/a-torn/0.pt")
        .anyMatch(line -> line.matches("  a-torn +200 +VIOLATION: 200 unreadable"));
  }

  @Test
  void leavesOutCleanRunsFirst() {
    List<RecordedEdge> edges = new ArrayList<>();
    IntStream.range(0, 70)
        .forEach(run -> edges.add(edge("i/v.pt", "r%02d/s.pt".formatted(run), "train")));
    edges.add(edge("i/v.pt", "z/s.pt", "train", finding("q-stale", "x")));
    assertThat(AuditText.page(report(edges, List.of()), NEXT, 100))
        .anyMatch(line -> line.matches("  z +1 +1 train +VIOLATION: 1 edge"))
        .contains("  and 12 more runs, all CLEAN (--all shows all)");
  }

  @Test
  void namesTheTrueParentOfEachCheckpointWithAWrongOne() {
    assertThat(
            AuditText.page(
                report(
                    List.of(
                        edge("i/v.pt", "a/s.pt", "none", finding("parent-contradicted", "p/1.pt")),
                        edge("i/v.pt", "b/s.pt", "none", finding("parent-contradicted", "p/2.pt"))),
                    List.of()),
                NEXT,
                100))
        .contains(
            "      b/s.pt, not made from i/v.pt but p/2.pt",
            "    qtrace explain runs/i/v.pt runs/a/s.pt --policy p.yaml");
  }

  private static Finding finding(String rule, String example) {
    return new Finding(rule, 1, example, "such as " + example);
  }

  private static AuditReport report(List<RecordedEdge> edges, List<Finding> unreadable) {
    return new AuditReport(
        "id",
        "file:/runs",
        edges.stream().anyMatch(edge -> edge.edge().isViolation())
            ? Verdict.VIOLATION
            : Verdict.CLEAN,
        new AuditReport.Size(3, 3, 3, 2048),
        new AuditEntry.Reading(1024, 0, 0),
        edges,
        unreadable,
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        List.of("A sentence."));
  }

  private static RecordedEdge edge(String parent, String child, String kind, Finding... findings) {
    return HandMadeEdge.of(
        parent,
        child,
        kind,
        findings.length == 0 ? Verdict.CLEAN : Verdict.VIOLATION,
        List.of("declared"),
        List.of(findings));
  }
}
