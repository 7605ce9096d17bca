package io.qtrace.job.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.qtrace.job.LocalSpark;
import io.qtrace.job.Sample;
import io.qtrace.job.lineage.AuditedEdge;
import io.qtrace.job.lineage.RecordedEdge;
import io.qtrace.job.operations.Bake;
import io.qtrace.job.operations.Cast;
import io.qtrace.job.operations.Copy;
import io.qtrace.job.operations.Refresh;
import io.qtrace.job.operations.Requantize;
import io.qtrace.job.operations.Sync;
import io.qtrace.job.operations.Train;
import io.qtrace.job.policy.EdgeKind;
import io.qtrace.job.policy.Finding;
import io.qtrace.job.policy.Verdict;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The edges of the sample archive, one by one, and what happens when their claims are wrong. */
@Tag("archive")
class TestParentage {
  private static final String INITIAL = "runs/sr011-q4a4-FP4-init/v2_initial.pt";
  private static final String DEBUG = "runs/debug_lut_training/";
  private static final String LONG = "runs/srLUT-004_all_alpaca_M2p0_lr1e5_from_best/";
  private static final String NEXT = "runs/srLUT-004c_all_alpaca_from_baked200_lut_plus_scales/";
  private static final String SYNC = "runs/srLUT-004s_synced/";
  private static final String BUG = "runs/bug_q_drift/checkpoint_step20.pt";
  private static final String FP16 = LONG + "v2_q4_r32_fp16_20261123_204152.pt";

  @TempDir static Path folder;
  private static SparkSession spark;
  private static AuditReport report;

  @BeforeAll
  static void auditTheSample() throws IOException {
    spark = LocalSpark.session(folder.resolve("sample"));
    report = audit(spark, Sample.ARCHIVE);
  }

  @Test
  void trainingMovesTheLutThoughTheStoredOneStays() {
    AuditedEdge edge = edge(INITIAL, DEBUG + "checkpoint_step20.pt");
    assertJudged(edge, Train.KIND, Verdict.CLEAN);
    assertThat(edge.evidence()).containsExactly("declared", "weights");
    assertThat(edge.counts().quantized().qBuffers()).isEqualTo(14);
    assertThat(edge.counts().quantized().qChanged()).isZero();
    assertThat(edge.counts().luts().lutTrained()).isEqualTo(14);
    assertThat(edge.notes())
        .containsExactly(
            "indices int64 -> int16, same numbers: 14 tensors",
            "trains rank_magnitude, scale_A, scale_B, the LUT of 14 layers");
    assertThat(
            texts(
                "SELECT count(*) FROM lineage.qtrace.changes WHERE category = 'lut' AND child_path = '%s'"
                    .formatted(DEBUG + "checkpoint_step20.pt")))
        .containsExactly("0");
  }

  @Test
  void aBakeIsProvedInEveryLayer() {
    AuditedEdge edge = edge(LONG + "checkpoint_step200.pt", LONG + "baked_step200.pt");
    assertJudged(edge, Bake.KIND, Verdict.CLEAN);
    assertThat(edge.evidence()).containsExactly("order", "weights");
    assertThat(causes(LONG + "baked_step200.pt")).containsExactly("BAKED 14 0 0.00634765625");
  }

  @Test
  void trainingFromABakedStateLeavesEveryQAlone() {
    for (String name : List.of("checkpoint_step20.pt", "checkpoint_step40.pt")) {
      AuditedEdge edge = edge(LONG + "baked_step200.pt", NEXT + name);
      assertJudged(edge, Train.KIND, Verdict.CLEAN);
      assertThat(edge.counts().quantized().qBuffers()).isEqualTo(14);
      assertThat(edge.counts().quantized().qChanged()).isZero();
      assertThat(edge.evidence()).contains("declared");
    }
  }

  @Test
  void aRefreshAndASyncAreJudgedByThemselves() {
    AuditedEdge refresh = edge(LONG + "checkpoint_step200.pt", SYNC + "lut_refreshed_step200.pt");
    assertJudged(refresh, Refresh.KIND, Verdict.CLEAN);
    AuditedEdge sync = edge(SYNC + "lut_refreshed_step200.pt", SYNC + "synced_step200.pt");
    assertJudged(sync, Sync.KIND, Verdict.CLEAN);
    assertThat(sync.evidence()).containsExactly("weights");
    assertThat(causes(SYNC + "synced_step200.pt")).containsExactly("SYNCED 14 0 null");
    AuditedEdge both = edge(LONG + "checkpoint_step200.pt", SYNC + "synced_step200.pt");
    assertJudged(both, EdgeKind.SEVERAL, Verdict.CLEAN);
    assertThat(both.notes())
        .containsExactly(
            "weights: 2 steps, each judged separately: refresh to %slut_refreshed_step200.pt, sync to %ssynced_step200.pt"
                .formatted(SYNC, SYNC));
  }

  @Test
  void aRequantizationCountsTheIndicesThatMoved() {
    AuditedEdge edge = edge(LONG + "baked_step200.pt", "runs/srLUT-004t_tightened/tightened.pt");
    assertJudged(edge, Requantize.KIND, Verdict.CLEAN);
    assertThat(causes("runs/srLUT-004t_tightened/tightened.pt"))
        .containsExactly("REQUANTIZED 14 0 null");
    assertThat(
            texts(
                "SELECT min(q.indices_changed = c.changed_elements AND q.indices_changed > 0)"
                    + " FROM lineage.qtrace.q_changes q JOIN lineage.qtrace.changes c ON"
                    + " q.child_id = c.child_id AND q.parent_id = c.parent_id AND"
                    + " concat(q.layer, '._indices') = c.name WHERE q.cause = 'REQUANTIZED'"))
        .containsExactly("true");
  }

  @Test
  void anExportIsACastAndIdenticalFilesAreCopies() {
    AuditedEdge export = edge(LONG + "checkpoint_step200.pt", FP16);
    assertJudged(export, Cast.KIND, Verdict.CLEAN);
    assertThat(causes(FP16)).containsExactly("CAST 14 0 null");
    assertThat(edges(report))
        .filteredOn(edge -> edge.kind().equals(Copy.KIND))
        .extracting(TestParentage::parent, TestParentage::child, AuditedEdge::verdict)
        .containsExactlyInAnyOrder(
            tuple(DEBUG + "checkpoint_step20.pt", DEBUG + "best_state_dict.pt", Verdict.CLEAN),
            tuple(LONG + "checkpoint_step200.pt", LONG + "best_state_dict.pt", Verdict.CLEAN),
            tuple(
                LONG + "checkpoint_step200.pt",
                LONG + "v2_q4_r32_fp32_20261123_204152.pt",
                Verdict.CLEAN),
            tuple(NEXT + "checkpoint_step40.pt", NEXT + "best_state_dict.pt", Verdict.CLEAN));
  }

  @Test
  void aContradictedSourceIsAFindingAndTheTrueEdgeIsJudged() {
    AuditedEdge claimed = edge(INITIAL, BUG);
    assertJudged(claimed, EdgeKind.NONE, Verdict.VIOLATION);
    assertThat(claimed.findings())
        .extracting(Finding::rule, Finding::example, Finding::message)
        .containsExactly(
            tuple(
                "parent-contradicted",
                DEBUG + "checkpoint_step20.pt",
                "the weights contradict the declared source: it was made from %scheckpoint_step20.pt (134 tensors shared, 3 changed, not explained by any known operation)"
                    .formatted(DEBUG)));
    AuditedEdge inferred = edge(DEBUG + "checkpoint_step20.pt", BUG);
    assertThat(inferred.verdict()).isEqualTo(Verdict.VIOLATION);
    assertThat(inferred.evidence()).containsExactly("weights");
    assertThat(inferred.findings())
        .extracting(Finding::rule, Finding::tensors, Finding::message)
        .containsExactly(
            tuple(
                "q-off-grid",
                1,
                "1 _Q off the LUT grid, such as model.layers.0.self_attn.k_proj._Q: 1024 of 1024"
                    + " elements, the first at element 0: _Q is -1.0152559280395508, lut[_indices]"
                    + " -1.0"),
            tuple(
                "q-stale",
                1,
                "1 _Q on the LUT grid but not equal to lut[_indices], such as"
                    + " model.layers.0.self_attn.o_proj._Q: 5 of 2048 elements, the first at element"
                    + " 0: _Q is -0.25, lut[_indices] 0.25"),
            tuple(
                "indices-alone",
                1,
                "1 _indices changed but _Q did not, such as model.layers.0.mlp.up_proj._indices: 1 of"
                    + " 2560 elements, the first at element 0: _Q is -0.5, lut[_indices] -0.375"));
  }

  @Test
  void noOtherEdgeOfTheSampleIsDoubted() {
    assertThat(edges(report))
        .filteredOn(edge -> !child(edge).equals(BUG))
        .hasSize(21)
        .allSatisfy(edge -> assertThat(edge.verdict()).isEqualTo(Verdict.CLEAN))
        .allSatisfy(edge -> assertThat(edge.kind()).isNotIn(EdgeKind.NONE, EdgeKind.UNKNOWN))
        .flatExtracting(AuditedEdge::notes)
        .noneMatch(note -> note.toString().contains("nearer"));
  }

  @Test
  void theConclusionAnswersTheNotebooksQuestions() {
    assertThat(report.conclusion())
        .containsExactly(
            "Training never changed a _Q: 10 train edges, 140 comparisons of _Q.",
            "14 _Q BAKED, all elements reproduced, largest drift 0.00634765625: "
                + LONG
                + "baked_step200.pt.",
            "14 _Q SYNCED, all elements reproduced: " + SYNC + "synced_step200.pt.",
            "14 _Q REQUANTIZED, all elements reproduced: runs/srLUT-004t_tightened/tightened.pt.",
            "14 _Q CAST, all elements reproduced: " + FP16 + ".",
            "14 _Q QUANTIZED, all elements reproduced: " + INITIAL + ".",
            "Every LUT that trains moved, in every layer.",
            "2 _Q changed without an explanation: " + BUG + ".",
            "Changes that no known operation explains: " + BUG + ".",
            "The weights contradict the declared source: " + BUG + ".");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "srLUT-004_all_alpaca_M2p0_lr1e5_from_best/baked_step200.pt",
        "srLUT-004s_synced/synced_step200.pt",
        "srLUT-004t_tightened/tightened.pt"
      })
  void aSourceWithAnotherQIsContradicted(String wrong) throws IOException {
    Path archive = folder.resolve(wrong.replace('/', '_'));
    copy("sr011-q4a4-FP4-init/v2_initial.pt", archive);
    copy("srLUT-004_all_alpaca_M2p0_lr1e5_from_best/checkpoint_step200.pt", archive);
    copy(wrong, archive);
    Path run = copy("debug_lut_training/checkpoint_step20.pt", archive).getParent();
    source(run, "runs/" + wrong);
    AuditReport found =
        audit(LocalSpark.session(archive.resolveSibling("w" + wrong.hashCode())), archive);
    assertThat(edges(found))
        .filteredOn(edge -> child(edge).equals(DEBUG + "checkpoint_step20.pt"))
        .extracting(TestParentage::parent, AuditedEdge::kind, edge -> edge.findings().size())
        .containsExactly(tuple("runs/" + wrong, EdgeKind.NONE, 1), tuple(INITIAL, Train.KIND, 0));
  }

  @Test
  void anAuditAfterNewRunsReevaluatesTheOldOnes() throws IOException {
    Path archive = Sample.copyTo(folder.resolve("grown"));
    Path aside = Files.createDirectories(folder.resolve("aside"));
    Path debug = Files.move(archive.resolve(DEBUG), aside.resolve("debug"));
    SparkSession grown = LocalSpark.session(folder.resolve("growing"));
    AuditReport before = audit(grown, archive);
    assertThat(edges(before))
        .filteredOn(edge -> child(edge).equals(BUG))
        .extracting(TestParentage::parent, AuditedEdge::kind)
        .containsExactly(tuple(INITIAL, Train.KIND));
    Files.move(debug, archive.resolve(DEBUG));
    AuditReport after = audit(grown, archive);
    assertThat(edges(after))
        .extracting(
            TestParentage::parent, TestParentage::child, AuditedEdge::kind, AuditedEdge::findings)
        .containsExactlyElementsOf(
            edges(report).stream()
                .map(e -> tuple(parent(e), child(e), e.kind(), e.findings()))
                .toList());
    assertThat(after.size().checkpointsRead()).isEqualTo(2);
    assertThat(after.conclusion()).isEqualTo(report.conclusion());
    assertThat(audit(grown, archive)).isEqualTo(after);
  }

  @Test
  void aLutThatDidNotTrainIsAViolation() throws IOException {
    Path archive = folder.resolve("head");
    copy("sr011-q4a4-FP4-init/v2_initial.pt", archive);
    Path run = Files.createDirectories(archive.resolve("runs/head"));
    Files.copy(
        Path.of("src/test/resources/training/debug_head_fp32_step20.pt"),
        run.resolve("debug_head_fp32_step20.pt"));
    AuditReport found = audit(LocalSpark.session(folder.resolve("heads")), archive);
    assertThat(edges(found))
        .extracting(
            TestParentage::parent, AuditedEdge::kind, AuditedEdge::verdict, AuditedEdge::evidence)
        .containsExactly(tuple(INITIAL, Train.KIND, Verdict.VIOLATION, List.of("weights")));
    assertThat(edges(found).get(0).findings())
        .extracting(Finding::rule, Finding::tensors)
        .containsExactly(tuple("lut_deltas-must", 14), tuple("effective_lut-must", 14));
    assertThat(found.conclusion())
        .contains(
            "The LUT did not move in every layer on 1 of 1 train edge:"
                + " runs/head/debug_head_fp32_step20.pt.");
  }

  private static Path copy(String path, Path archive) throws IOException {
    Path file = archive.resolve("runs").resolve(path);
    Files.createDirectories(file.getParent());
    return Files.copy(Path.of(Sample.run(path)), file);
  }

  private static void source(Path run, String path) throws IOException {
    Files.writeString(
        run.resolve("config.json"), "{\"source_checkpoint\": \"%s\"}".formatted(path));
  }

  private static AuditReport audit(SparkSession session, Path archive) throws IOException {
    return DefaultAudit.of(session).run(archive.toString());
  }

  private static void assertJudged(AuditedEdge edge, EdgeKind kind, Verdict verdict) {
    assertThat(edge)
        .extracting(AuditedEdge::kind, AuditedEdge::verdict)
        .containsExactly(kind, verdict);
  }

  private static List<AuditedEdge> edges(AuditReport report) {
    return report.edges().stream().map(RecordedEdge::edge).toList();
  }

  private static AuditedEdge edge(String parent, String child) {
    return edges(report).stream()
        .filter(edge -> parent(edge).equals(parent) && child(edge).equals(child))
        .findFirst()
        .orElseThrow();
  }

  private static String parent(AuditedEdge edge) {
    return edge.ends().parentPath();
  }

  private static String child(AuditedEdge edge) {
    return edge.ends().childPath();
  }

  // Cause, layers, largest residual and largest drift on all edges to a checkpoint.
  private static List<String> causes(String child) {
    return texts(
        "SELECT cause, count(*), max(residual), max(drift) FROM lineage.qtrace.q_changes WHERE"
            + " cause IS NOT NULL AND child_path = '%s' GROUP BY cause".formatted(child));
  }

  private static List<String> texts(String query) {
    return spark.sql(query).collectAsList().stream().map(row -> row.mkString(" ")).toList();
  }
}
