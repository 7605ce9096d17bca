package io.qtrace.job.parents;

import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.format.Checkpoints;
import io.qtrace.io.ObjectStat;
import io.qtrace.io.ObjectStore;
import io.qtrace.job.LocalSpark;
import io.qtrace.job.Sample;
import io.qtrace.job.archive.CheckpointFile;
import io.qtrace.job.archive.Role;
import io.qtrace.job.audit.AuditReport;
import io.qtrace.job.audit.DefaultAudit;
import io.qtrace.job.compare.CheckpointFacts;
import io.qtrace.job.lineage.AuditedEdge;
import io.qtrace.job.lineage.KnownCheckpoint;
import io.qtrace.job.lineage.LineageStore;
import io.qtrace.job.lineage.RecordedEdge;
import io.qtrace.job.operations.Copy;
import io.qtrace.job.operations.Refresh;
import io.qtrace.job.operations.Sync;
import io.qtrace.job.policy.Policy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TestParentSearch {
  private static final String STEP_200 =
      "srLUT-004_all_alpaca_M2p0_lr1e5_from_best/checkpoint_step200.pt";
  private static final String BAKED = "srLUT-004_all_alpaca_M2p0_lr1e5_from_best/baked_step200.pt";
  private static final String TIGHTENED = "srLUT-004t_tightened/tightened.pt";
  private static final String INITIAL = "sr011-q4a4-FP4-init/v2_initial.pt";
  private static final String DEBUG = "debug_lut_training/checkpoint_step20.pt";
  private static final String C_40 =
      "srLUT-004c_all_alpaca_from_baked200_lut_plus_scales/checkpoint_step40.pt";

  // Files with the same tensors as another, which stands for both.
  private static final Map<String, String> COPIES =
      Map.of(
          "debug_lut_training/best_state_dict.pt", DEBUG,
          "srLUT-004_all_alpaca_M2p0_lr1e5_from_best/best_state_dict.pt", STEP_200,
          "srLUT-004_all_alpaca_M2p0_lr1e5_from_best/v2_q4_r32_fp32_20261123_204152.pt", STEP_200,
          "srLUT-004c_all_alpaca_from_baked200_lut_plus_scales/best_state_dict.pt", C_40);

  @TempDir static Path folder;
  private static final Map<String, String> NAMES = new TreeMap<>(); // what a.pt, b.pt ... are
  private static final Map<String, CheckpointFacts> FACTS = new TreeMap<>(); // by id
  private static List<MeasuredCheckpoint> anonymous;
  private static AuditReport report;
  private static SparkSession spark;

  @BeforeAll
  static void measureTheSampleWithoutNamesAndTimes() throws IOException {
    Path archive = Files.createDirectories(folder.resolve("archive/all"));
    List<Path> files;
    try (Stream<Path> found = Files.walk(Sample.RUNS)) {
      files = found.filter(file -> file.toString().endsWith(".pt")).sorted().toList();
    }
    List<Path> shuffled = new ArrayList<>(files);
    Collections.shuffle(shuffled, new Random(7));
    for (int i = 0; i < shuffled.size(); i++) {
      String name = (char) ('a' + i) + ".pt";
      Path copy = Files.copy(shuffled.get(i), archive.resolve(name));
      Files.setLastModifiedTime(copy, FileTime.fromMillis(1_700_000_000_000L));
      NAMES.put("all/" + name, Sample.RUNS.relativize(shuffled.get(i)).toString());
    }
    spark = LocalSpark.session(folder.resolve("lineage"));
    report = DefaultAudit.of(spark).run(archive.getParent().toString());
    LineageStore lineage = new LineageStore(spark);
    Map<String, String> paths = // by the id of the content
        lineage.checkpointsBelow("").stream()
            .collect(Collectors.toMap(KnownCheckpoint::id, one -> one.file().path()));
    lineage
        .facts(paths.keySet(), Policy.load(Optional.empty()).categories())
        .collectAsMap()
        .forEach((id, found) -> FACTS.put(file(paths.get(id)).id(), found.value()));
    anonymous =
        paths.values().stream()
            .sorted()
            .map(TestParentSearch::file)
            .map(file -> new MeasuredCheckpoint(file, Sketch.of(FACTS.get(file.id()))))
            .toList();
  }

  private static CheckpointFile file(String path) {
    return new CheckpointFile(
        new ObjectStat("file:/" + path, 1, 0, ""), path, "", Role.OTHER, CheckpointFile.NO_STEP);
  }

  @Test
  void findsTheParentsOfTheSampleFromTheWeightsAlone() {
    Map<String, String> found = named(search(anonymous));
    assertThat(found)
        .containsEntry(INITIAL, "root")
        .containsEntry(DEBUG, "train " + INITIAL)
        .containsEntry(
            "srLUT-004_all_alpaca_M2p0_lr1e5_from_best/checkpoint_step100.pt", "train " + INITIAL)
        .containsEntry(
            STEP_200, "train srLUT-004_all_alpaca_M2p0_lr1e5_from_best/checkpoint_step100.pt")
        .containsEntry(BAKED, "bake " + STEP_200)
        .containsEntry(
            "srLUT-004c_all_alpaca_from_baked200_lut_plus_scales/checkpoint_step20.pt",
            "train " + BAKED)
        .containsEntry(
            C_40, "train srLUT-004c_all_alpaca_from_baked200_lut_plus_scales/checkpoint_step20.pt")
        .containsEntry("srLUT-004s_synced/lut_refreshed_step200.pt", "refresh " + STEP_200)
        .containsEntry(
            "srLUT-004s_synced/synced_step200.pt",
            "sync srLUT-004s_synced/lut_refreshed_step200.pt")
        .containsEntry(TIGHTENED, "requantize " + BAKED)
        .containsEntry(
            "srLUT-004_all_alpaca_M2p0_lr1e5_from_best/v2_q4_r32_fp16_20261123_204152.pt",
            "cast " + STEP_200)
        .containsEntry("bug_q_drift/checkpoint_step20.pt", "unknown " + DEBUG)
        .hasSize(12);
  }

  @Test
  void identicalFilesAreCopies() {
    List<InferredEdge> copies =
        search(anonymous).edges().stream().filter(edge -> edge.kind().equals(Copy.KIND)).toList();
    assertThat(copies)
        .hasSize(4)
        .allSatisfy(edge -> assertThat(original(edge.child())).isEqualTo(original(edge.parent())))
        .allSatisfy(edge -> assertThat(edge.changed()).isZero());
  }

  @Test
  void anAuditOfTheSameStoresThemWithTheirKinds() {
    Map<String, String> named = new TreeMap<>();
    named.put(INITIAL, "root");
    edges().stream()
        .filter(edge -> !edge.kind().equals(Copy.KIND))
        .forEach(
            edge ->
                named.put(
                    original(edge.ends().childPath()),
                    edge.kind() + " " + original(edge.ends().parentPath())));
    assertThat(named).isEqualTo(named(search(anonymous)));
    assertThat(edges())
        .hasSize(15)
        .allSatisfy(edge -> assertThat(edge.evidence()).containsExactly("weights"))
        .filteredOn(AuditedEdge::isViolation)
        .extracting(edge -> original(edge.ends().childPath()))
        .containsExactly("bug_q_drift/checkpoint_step20.pt");
    assertThat(edges()).extracting(AuditedEdge::kind).contains(Copy.KIND, Sync.KIND, Refresh.KIND);
  }

  private static List<AuditedEdge> edges() {
    return report.edges().stream().map(RecordedEdge::edge).toList();
  }

  // Beside the indexes, which take the ends of a file however small it is, and the proof that the
  // indices of one checkpoint are those of its weight and scales.
  @Test
  void anAuditReadsLittleMoreThanEachCheckpointOnce() throws IOException {
    Checkpoints checkpoints = new Checkpoints(new ObjectStore(new Configuration()));
    for (String path : NAMES.keySet()) {
      checkpoints.index(folder.resolve("archive").resolve(path).toString());
    }
    assertThat(report.reading().bytesRead() - checkpoints.bytesRead())
        .isBetween(
            report.size().bytes() / 2,
            report.size().bytes() + Files.size(Sample.RUNS.resolve(TIGHTENED)));
  }

  @Test
  void theOrderOfTheCheckpointsDoesNotMatter() {
    List<MeasuredCheckpoint> shuffled = new ArrayList<>(anonymous);
    Collections.shuffle(shuffled, new Random(11));
    assertThat(search(shuffled)).isEqualTo(search(anonymous));
  }

  private static Forest search(Collection<MeasuredCheckpoint> checkpoints) {
    return new ParentSearch(new InMemoryEvaluation(FACTS)).run(checkpoints, DeclaredParents.NONE);
  }

  // Kind and parent of each file, copies under the name of their original.
  private static Map<String, String> named(Forest forest) {
    Map<String, String> named = new TreeMap<>();
    forest.roots().forEach(root -> named.put(original(root), "root"));
    forest.edges().stream()
        .filter(edge -> !edge.kind().equals(Copy.KIND))
        .forEach(
            edge ->
                named.put(
                    original(edge.child()), edge.kind().label() + " " + original(edge.parent())));
    return named;
  }

  private static String original(CheckpointFile file) {
    return original(file.path());
  }

  private static String original(String path) {
    String name = NAMES.get(path);
    return COPIES.getOrDefault(name, name);
  }
}
