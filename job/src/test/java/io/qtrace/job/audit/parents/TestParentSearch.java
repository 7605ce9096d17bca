package io.qtrace.job.audit.parents;

import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.format.Checkpoints;
import io.qtrace.io.ObjectStat;
import io.qtrace.io.ObjectStore;
import io.qtrace.job.LocalSpark;
import io.qtrace.job.Sample;
import io.qtrace.job.archive.CheckpointFile;
import io.qtrace.job.archive.Role;
import io.qtrace.job.audit.Audit;
import io.qtrace.job.audit.AuditReport;
import io.qtrace.job.audit.policy.Policy;
import io.qtrace.job.conf.Settings;
import io.qtrace.job.lineage.EdgeRow;
import io.qtrace.job.lineage.LineageStore;
import io.qtrace.job.lineage.LineageTable;
import io.qtrace.job.lineage.TensorRow;
import io.qtrace.job.progress.Progress;
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
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
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
    report =
        new Audit(
                spark,
                Settings.load(Optional.empty()),
                Policy.load(Optional.empty()),
                Progress.NONE)
            .run(archive.getParent().toString());
    Map<String, List<TensorRow>> tensors =
        new LineageStore(spark)
            .read(LineageTable.TENSORS, TensorRow.class, functions.lit(true)).stream()
                .collect(Collectors.groupingBy(TensorRow::path, TreeMap::new, Collectors.toList()));
    anonymous =
        tensors.entrySet().stream()
            .map(entry -> MeasuredCheckpoint.of(file(entry.getKey()), entry.getValue(), Set.of()))
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
        search(anonymous).edges().stream()
            .filter(edge -> edge.kind().label().equals("copy"))
            .toList();
    assertThat(copies)
        .hasSize(4)
        .allSatisfy(edge -> assertThat(original(edge.child())).isEqualTo(original(edge.parent())))
        .allSatisfy(edge -> assertThat(edge.changed()).isZero());
  }

  @Test
  void anAuditOfTheSameStoresThemWithTheirKinds() {
    Map<String, String> named = new TreeMap<>();
    named.put(INITIAL, "root");
    report.edges().stream()
        .filter(edge -> !edge.kind().equals("copy"))
        .forEach(
            edge ->
                named.put(
                    original(edge.childPath()), edge.kind() + " " + original(edge.parentPath())));
    assertThat(named).isEqualTo(named(search(anonymous)));
    assertThat(report.edges())
        .hasSize(15)
        .allSatisfy(edge -> assertThat(edge.evidence()).containsExactly("weights"))
        .filteredOn(edge -> edge.verdict().equals("VIOLATION"))
        .extracting(edge -> original(edge.childPath()))
        .containsExactly("bug_q_drift/checkpoint_step20.pt");
    assertThat(report.edges()).extracting(EdgeRow::kind).contains("copy", "sync", "refresh");
  }

  // Beside the indexes, which take the ends of a file however small it is, and the proof that the
  // indices of one checkpoint are those of its weight and scales.
  @Test
  void anAuditReadsNoMoreThanEachCheckpointOnce() throws IOException {
    Checkpoints checkpoints = new Checkpoints(new ObjectStore(new Configuration()));
    for (String path : NAMES.keySet()) {
      checkpoints.index(folder.resolve("archive").resolve(path).toString());
    }
    assertThat(report.bytesRead() - checkpoints.bytesRead())
        .isBetween(report.bytes() / 2, report.bytes() + Files.size(Sample.RUNS.resolve(TIGHTENED)));
  }

  @Test
  void theOrderOfTheCheckpointsDoesNotMatter() {
    List<MeasuredCheckpoint> shuffled = new ArrayList<>(anonymous);
    Collections.shuffle(shuffled, new Random(11));
    assertThat(search(shuffled)).isEqualTo(search(anonymous));
  }

  private static Forest search(Collection<MeasuredCheckpoint> checkpoints) {
    return new ParentSearch(JavaSparkContext.fromSparkContext(LocalSpark.session().sparkContext()))
        .run(checkpoints, Claims.NONE);
  }

  // Kind and parent of each file, copies under the name of their original.
  private static Map<String, String> named(Forest forest) {
    Map<String, String> named = new TreeMap<>();
    forest.roots().forEach(root -> named.put(original(root), "root"));
    forest.edges().stream()
        .filter(edge -> !edge.kind().label().equals("copy"))
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
