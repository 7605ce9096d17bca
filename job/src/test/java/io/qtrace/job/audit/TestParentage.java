package io.qtrace.job.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.qtrace.job.LocalSpark;
import io.qtrace.job.Sample;
import io.qtrace.job.audit.policy.Policy;
import io.qtrace.job.conf.Settings;
import io.qtrace.job.lineage.EdgeRow;
import io.qtrace.job.lineage.FindingRow;
import io.qtrace.job.progress.Progress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The edges of the sample archive, one by one, and what happens when their claims are wrong. */
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
    EdgeRow edge = edge(INITIAL, DEBUG + "checkpoint_step20.pt");
    assertThat(edge.kind()).isEqualTo("train");
    assertThat(edge.verdict()).isEqualTo("CLEAN");
    assertThat(edge.evidence()).containsExactly("declared", "weights");
    assertThat(edge.qBuffers()).isEqualTo(14);
    assertThat(edge.qChanged()).isZero();
    assertThat(edge.lutTrained()).isEqualTo(14);
    assertThat(edge.notes()).containsExactly("14 indices tensors int64 -> int16, same numbers");
    assertThat(
            texts(
                "SELECT count(*) FROM lineage.qtrace.changes WHERE category = 'lut' AND child_path = '%s'"
                    .formatted(DEBUG + "checkpoint_step20.pt")))
        .containsExactly("0");
  }

  @Test
  void aBakeIsProvedInEveryLayer() {
    EdgeRow edge = edge(LONG + "checkpoint_step200.pt", LONG + "baked_step200.pt");
    assertThat(List.of(edge.kind(), edge.verdict())).containsExactly("bake", "CLEAN");
    assertThat(edge.evidence()).containsExactly("order", "weights");
    assertThat(causes(LONG + "baked_step200.pt")).containsExactly("BAKED 14 0 0.00634765625");
  }

  @Test
  void trainingFromABakedStateLeavesEveryQAlone() {
    for (String name : List.of("checkpoint_step20.pt", "checkpoint_step40.pt")) {
      EdgeRow edge = edge(LONG + "baked_step200.pt", NEXT + name);
      assertThat(List.of(edge.kind(), edge.verdict())).containsExactly("train", "CLEAN");
      assertThat(edge.qBuffers()).isEqualTo(14);
      assertThat(edge.qChanged()).isZero();
      assertThat(edge.evidence()).contains("declared");
    }
  }

  @Test
  void aRefreshAndASyncAreJudgedByThemselves() {
    EdgeRow refresh = edge(LONG + "checkpoint_step200.pt", SYNC + "lut_refreshed_step200.pt");
    assertThat(List.of(refresh.kind(), refresh.verdict())).containsExactly("refresh", "CLEAN");
    EdgeRow sync = edge(SYNC + "lut_refreshed_step200.pt", SYNC + "synced_step200.pt");
    assertThat(List.of(sync.kind(), sync.verdict())).containsExactly("sync", "CLEAN");
    assertThat(sync.evidence()).containsExactly("weights");
    assertThat(causes(SYNC + "synced_step200.pt")).containsExactly("SYNCED 14 0 null");
    EdgeRow both = edge(LONG + "checkpoint_step200.pt", SYNC + "synced_step200.pt");
    assertThat(List.of(both.kind(), both.verdict())).containsExactly("several", "CLEAN");
    assertThat(both.notes())
        .containsExactly(
            "weights: 2 steps, each judged by itself: refresh to %slut_refreshed_step200.pt, sync to %ssynced_step200.pt"
                .formatted(SYNC, SYNC));
  }

  @Test
  void aRequantizationCountsTheIndicesThatMoved() {
    EdgeRow edge = edge(LONG + "baked_step200.pt", "runs/srLUT-004t_tightened/tightened.pt");
    assertThat(List.of(edge.kind(), edge.verdict())).containsExactly("requantize", "CLEAN");
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
    EdgeRow export = edge(LONG + "checkpoint_step200.pt", FP16);
    assertThat(List.of(export.kind(), export.verdict())).containsExactly("cast", "CLEAN");
    assertThat(causes(FP16)).containsExactly("CAST 14 0 null");
    assertThat(report.edges())
        .filteredOn(edge -> edge.kind().equals("copy"))
        .extracting(EdgeRow::parentPath, EdgeRow::childPath, EdgeRow::verdict)
        .containsExactlyInAnyOrder(
            tuple(DEBUG + "checkpoint_step20.pt", DEBUG + "best_state_dict.pt", "CLEAN"),
            tuple(LONG + "checkpoint_step200.pt", LONG + "best_state_dict.pt", "CLEAN"),
            tuple(
                LONG + "checkpoint_step200.pt",
                LONG + "v2_q4_r32_fp32_20261123_204152.pt",
                "CLEAN"),
            tuple(NEXT + "checkpoint_step40.pt", NEXT + "best_state_dict.pt", "CLEAN"));
  }

  @Test
  void aContradictedSourceIsAFindingAndTheTrueEdgeIsJudged() {
    EdgeRow claimed = edge(INITIAL, BUG);
    assertThat(List.of(claimed.kind(), claimed.verdict())).containsExactly("none", "VIOLATION");
    assertThat(claimed.findings())
        .extracting(FindingRow::rule, FindingRow::example, FindingRow::message)
        .containsExactly(
            tuple(
                "parent-contradicted",
                DEBUG + "checkpoint_step20.pt",
                "the weights contradict the source: it was made from %scheckpoint_step20.pt: 134 tensors shared, 3 changed, as no kind of edge does"
                    .formatted(DEBUG)));
    EdgeRow told = edge(DEBUG + "checkpoint_step20.pt", BUG);
    assertThat(told.verdict()).isEqualTo("VIOLATION");
    assertThat(told.evidence()).containsExactly("weights");
    assertThat(told.findings())
        .extracting(FindingRow::rule, FindingRow::tensors, FindingRow::message)
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
                "1 _Q on the LUT grid but not lut[_indices], such as"
                    + " model.layers.0.self_attn.o_proj._Q: 5 of 2048 elements, the first at element"
                    + " 0: _Q is -0.25, lut[_indices] 0.25"),
            tuple(
                "indices-alone",
                1,
                "1 _indices moved without _Q, such as model.layers.0.mlp.up_proj._indices: 1 of"
                    + " 2560 elements, the first at element 0: _Q is -0.5, lut[_indices] -0.375"));
  }

  @Test
  void noOtherEdgeOfTheSampleIsDoubted() {
    assertThat(report.edges())
        .filteredOn(edge -> !edge.childPath().equals(BUG))
        .hasSize(20)
        .allSatisfy(edge -> assertThat(edge.verdict()).isEqualTo("CLEAN"))
        .allSatisfy(edge -> assertThat(edge.kind()).isNotIn("none", "unknown"))
        .flatExtracting(EdgeRow::notes)
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
            "Every LUT that trains moved, in every layer.",
            "2 _Q changed without an explanation: " + BUG + ".",
            "Changes that no kind of edge explains: " + BUG + ".",
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
    assertThat(found.edges())
        .filteredOn(edge -> edge.childPath().equals(DEBUG + "checkpoint_step20.pt"))
        .extracting(EdgeRow::parentPath, EdgeRow::kind, edge -> edge.findings().size())
        .containsExactly(tuple("runs/" + wrong, "none", 1), tuple(INITIAL, "train", 0));
  }

  @Test
  void anAuditAfterNewRunsJudgesTheOldOnesAnew() throws IOException {
    Path archive = Sample.copyTo(folder.resolve("grown"));
    Path aside = Files.createDirectories(folder.resolve("aside"));
    Path debug = Files.move(archive.resolve(DEBUG), aside.resolve("debug"));
    SparkSession grown = LocalSpark.session(folder.resolve("growing"));
    AuditReport before = audit(grown, archive);
    assertThat(before.edges())
        .filteredOn(edge -> edge.childPath().equals(BUG))
        .extracting(EdgeRow::parentPath, EdgeRow::kind)
        .containsExactly(tuple(INITIAL, "train"));
    Files.move(debug, archive.resolve(DEBUG));
    AuditReport after = audit(grown, archive);
    assertThat(after.edges())
        .extracting(EdgeRow::parentPath, EdgeRow::childPath, EdgeRow::kind, EdgeRow::findings)
        .containsExactlyElementsOf(
            report.edges().stream()
                .map(e -> tuple(e.parentPath(), e.childPath(), e.kind(), e.findings()))
                .toList());
    assertThat(after.checkpointsRead()).isEqualTo(2);
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
    assertThat(found.edges())
        .extracting(EdgeRow::parentPath, EdgeRow::kind, EdgeRow::verdict, EdgeRow::evidence)
        .containsExactly(tuple(INITIAL, "train", "VIOLATION", List.of("weights")));
    assertThat(found.edges().get(0).findings())
        .extracting(FindingRow::rule, FindingRow::tensors)
        .containsExactly(tuple("lut_deltas-must", 14), tuple("effective_lut-must", 14));
    assertThat(found.conclusion())
        .contains(
            "The LUT did not move in every layer on 1 of the 1 train edges:"
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
    return new Audit(
            session, Settings.load(Optional.empty()), Policy.load(Optional.empty()), Progress.NONE)
        .run(archive.toString());
  }

  private static EdgeRow edge(String parent, String child) {
    return report.edges().stream()
        .filter(edge -> edge.parentPath().equals(parent) && edge.childPath().equals(child))
        .findFirst()
        .orElseThrow();
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
