package io.qtrace.job.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.qtrace.job.LocalSpark;
import io.qtrace.job.Sample;
import io.qtrace.job.compare.TensorComparison;
import io.qtrace.job.conf.Settings;
import io.qtrace.job.judge.Diff;
import io.qtrace.job.judge.Judgement;
import io.qtrace.job.lineage.AuditedEdge;
import io.qtrace.job.lineage.RecordedEdge;
import io.qtrace.job.operations.Bake;
import io.qtrace.job.operations.Cast;
import io.qtrace.job.operations.Requantize;
import io.qtrace.job.policy.EdgeKind;
import io.qtrace.job.policy.Finding;
import io.qtrace.job.policy.Policy;
import io.qtrace.job.policy.Verdict;
import io.qtrace.tensor.DType;
import io.qtrace.tensor.Float16;
import io.qtrace.tensor.TensorEntry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.apache.spark.sql.RowFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One element of a checkpoint is another one: a diff and an audit report exactly that element. */
@Tag("archive")
class TestCorruption {
  private static final Path GOOD =
      Path.of(Sample.run("srLUT-004_all_alpaca_M2p0_lr1e5_from_best/baked_step200.pt"));
  private static final Path TIGHTENED = Path.of(Sample.run("srLUT-004t_tightened/tightened.pt"));
  private static final String LONG = "srLUT-004_all_alpaca_M2p0_lr1e5_from_best/";
  private static final int ENTRIES = 16;

  @TempDir static Path folder;
  private static final Map<Long, Change> CHANGES = new TreeMap<>(); // by their seeds
  private static AuditReport report;

  // One archive of all: the good file, and a run for each corrupt one that declares it as source.
  @BeforeAll
  static void corrupt() throws IOException {
    for (long seed : List.of(11L, 12L, 13L, 14L)) {
      CHANGES.put(seed, Change.ofQuantized(seed));
    }
    for (long seed : List.of(21L, 22L, 23L, 24L)) {
      CHANGES.put(seed, Change.findsDamagedIndices(seed));
    }
    for (long seed : List.of(31L, 32L, 33L)) {
      CHANGES.put(seed, Change.ofLut(seed));
    }
    for (long seed : List.of(41L, 42L, 43L)) {
      CHANGES.put(seed, Change.ofRequantized(seed));
    }
    Files.copy(GOOD, Files.createDirectories(folder.resolve("archive/good")).resolve("good.pt"));
    for (Map.Entry<Long, Change> change : CHANGES.entrySet()) {
      Path run = Files.createDirectories(folder.resolve("archive/" + change.getKey()));
      Files.writeString(run.resolve("config.json"), "{\"source_checkpoint\": \"good/good.pt\"}");
      change.getValue().write(corrupt(change.getKey()));
    }
    report = audit(folder.resolve("archive"));
  }

  private static AuditReport audit(Path archive) throws IOException {
    return DefaultAudit.of(LocalSpark.session(folder.resolve("lineage"))).run(archive.toString());
  }

  @ParameterizedTest
  @ValueSource(longs = {11, 12, 13, 14})
  void findsADamagedQuantizedBuffer(long seed) throws IOException {
    assertThatOnlyItsTensorChanged(seed);
    Finding finding = onlyFinding(seed);
    assertThat(finding.rule()).isEqualTo(seed % 2 == 0 ? "q-stale" : "q-off-grid");
    assertElement(finding, seed);
  }

  @ParameterizedTest
  @ValueSource(longs = {21, 22, 23, 24})
  void findsDamagedIndices(long seed) throws IOException {
    assertThatOnlyItsTensorChanged(seed);
    Finding finding = onlyFinding(seed);
    assertThat(finding.rule()).isEqualTo("indices-alone");
    assertElement(finding, seed);
  }

  @ParameterizedTest
  @ValueSource(longs = {31, 32, 33})
  void findsADamagedLut(long seed) throws IOException {
    assertThatOnlyItsTensorChanged(seed);
    List<Finding> findings = diff(corrupt(seed)).judgement().findings();
    assertThat(findings)
        .extracting(Finding::rule)
        .containsExactly("lut-unexplained", "lut-invalid", "q-left-stale");
    Finding finding = findings.get(0);
    assertThat(finding.tensors()).isEqualTo(1);
    assertThat(finding.example()).isEqualTo(CHANGES.get(seed).tensor.name());
    assertThat(finding.message())
        .endsWith(": 1 of 16 entries, the first at element " + CHANGES.get(seed).element);
  }

  // Among thousands of indices that moved rightly, and with the _Q that follows from it.
  @ParameterizedTest
  @ValueSource(longs = {41, 42, 43})
  void findsDamageAfterARequantization(long seed) throws IOException {
    Finding finding = onlyFinding(seed);
    assertThat(finding.rule()).isEqualTo("q-indices");
    assertElement(finding, seed);
    assertThat(finding.message())
        .endsWith(
            ": the index is %d, recomputed %d"
                .formatted(CHANGES.get(seed).now, CHANGES.get(seed).before));
  }

  @Test
  void findsDamageInACast() throws IOException {
    Path exported = Path.of(Sample.run(LONG + "v2_q4_r32_fp16_20261123_204152.pt"));
    Path left = Path.of(Sample.run(LONG + "checkpoint_step200.pt"));
    assertThat(diff(left, exported).judgement().findings()).isEmpty();
    Change change = new Change(exported, ".scale_A", 61);
    assertThat(change.tensor.dtype()).isEqualTo(DType.FLOAT16);
    short rounded = change.file.at(change.tensor, change.element).getShort();
    change.put(at -> at.putShort((short) (rounded + 1)));
    Path file = folder.resolve("cast.pt");
    change.write(file);
    Judgement judgement = diff(left, file).judgement();
    assertThat(judgement.kind()).isEqualTo(Cast.KIND);
    assertThat(judgement.findings()).hasSize(1);
    Finding finding = judgement.findings().get(0);
    assertThat(finding.rule()).isEqualTo("cast-unexplained");
    assertThat(finding.tensors()).isEqualTo(1);
    assertThat(finding.example()).isEqualTo(change.tensor.name());
    assertThat(finding.message())
        .endsWith(
            ": 1 of %d elements, the first at element %d: %s, the parent's rounds to %s"
                .formatted(
                    change.tensor.elements(),
                    change.element,
                    (double) Float16.value((short) (rounded + 1)),
                    (double) Float16.value(rounded)));
  }

  // The original could be explained as a sync of the copy, and its parent as trained from that.
  @Test
  void doesNotBlameTheOriginalOfADamagedCopy() throws IOException {
    Path initial = copied("initial/v2_initial.pt", "sr011-q4a4-FP4-init/v2_initial.pt");
    Change trained = new Change(initial, ".scale_A", 51);
    trained.putFloat(trained.getFloat() + 0.125f);
    Path original = folder.resolve("copies/trained/checkpoint_step5.pt");
    declare(original, "initial/v2_initial.pt");
    trained.write(original);
    Change damaged = new Change(original, "._Q", 52);
    damaged.putFloat(0.3f);
    Path copy = folder.resolve("copies/damaged/copy.pt");
    declare(copy, "trained/checkpoint_step5.pt");
    damaged.write(copy);
    assertThat(edges(audit(folder.resolve("copies"))))
        .extracting(TestCorruption::parent, TestCorruption::child, AuditedEdge::kind)
        .containsExactlyInAnyOrder(
            tuple("initial/v2_initial.pt", "trained/checkpoint_step5.pt", EdgeKind.UNKNOWN),
            tuple("trained/checkpoint_step5.pt", "damaged/copy.pt", EdgeKind.UNKNOWN));
  }

  private static Path copied(String path, String original) throws IOException {
    Path file = folder.resolve("copies").resolve(path);
    Files.createDirectories(file.getParent());
    return Files.copy(Path.of(Sample.run(original)), file);
  }

  private static void declare(Path file, String source) throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(
        file.resolveSibling("config.json"), "{\"source_checkpoint\": \"%s\"}".formatted(source));
  }

  // Told by the weights alone: as if all layers had been requantized but one, or one synced
  // wrongly.
  @Test
  void recognisesAStaleQ() throws IOException {
    Path archive = Files.createDirectories(folder.resolve("unclaimed"));
    Files.copy(Path.of(Sample.run(LONG + "checkpoint_step200.pt")), archive.resolve("trained.pt"));
    Files.copy(GOOD, archive.resolve("good.pt"));
    Files.copy(corrupt(41), archive.resolve("tightened.pt"));
    Files.copy(corrupt(22), archive.resolve("moved.pt"));
    Files.copy(corrupt(12), archive.resolve("quantized.pt"));
    assertThat(edges(audit(archive)))
        .extracting(
            TestCorruption::parent, TestCorruption::child, AuditedEdge::kind, AuditedEdge::verdict)
        .containsExactlyInAnyOrder(
            tuple("trained.pt", "good.pt", Bake.KIND, Verdict.CLEAN),
            tuple("good.pt", "tightened.pt", Requantize.KIND, Verdict.VIOLATION),
            tuple("good.pt", "moved.pt", EdgeKind.UNKNOWN, Verdict.VIOLATION),
            tuple("good.pt", "quantized.pt", EdgeKind.UNKNOWN, Verdict.VIOLATION));
  }

  // It has no edge that could say so, and a child that keeps it.
  @Test
  void findsDamageInARootInEachAudit() throws IOException {
    Path archive = Files.createDirectories(folder.resolve("root"));
    Files.copy(corrupt(12), archive.resolve("damaged.pt"));
    assertRootIsFound(audit(archive));
    Files.copy(corrupt(12), archive.resolve("copy.pt"));
    AuditReport later = audit(archive);
    assertRootIsFound(later);
    assertThat(later.size().checkpointsRead()).isEqualTo(1);
    assertThat(edges(later)).extracting(AuditedEdge::verdict).containsExactly(Verdict.CLEAN);
    assertThat(
            LocalSpark.session(folder.resolve("lineage"))
                .sql(
                    "SELECT rule, example FROM lineage.qtrace.open_violations"
                        + " WHERE archive LIKE '%/root/'")
                .collectAsList())
        .containsExactly(RowFactory.create("q-left-stale", later.roots().get(0).example()));
  }

  private static void assertRootIsFound(AuditReport found) {
    assertThat(found.verdict()).isEqualTo(Verdict.VIOLATION);
    assertThat(found.findingCount()).isEqualTo(1);
    Change change = CHANGES.get(12L);
    assertThat(found.roots())
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.rule()).isEqualTo("q-left-stale");
              assertThat(finding.message())
                  .startsWith(finding.example() + ": 1 _Q not equal to lut[_indices], such as ")
                  .contains(
                      "%s: 1 of %d elements, the first at element %d:"
                          .formatted(
                              change.tensor.name(), change.tensor.elements(), change.element));
            });
  }

  @Test
  void reportsNothingForUndamagedFiles() throws IOException {
    assertThat(diff(GOOD).judgement().findings()).isEmpty();
    assertThat(diff(TIGHTENED).judgement().findings()).isEmpty();
  }

  private static void assertElement(Finding finding, long seed) {
    Change change = CHANGES.get(seed);
    assertThat(finding.tensors()).isEqualTo(1);
    assertThat(finding.example()).isEqualTo(change.tensor.name());
    assertThat(finding.message())
        .contains(
            ": 1 of %d elements, the first at element %d"
                .formatted(change.tensor.elements(), change.element));
  }

  // Of the pair only that element differs.
  private static void assertThatOnlyItsTensorChanged(long seed) throws IOException {
    Change change = CHANGES.get(seed);
    List<TensorComparison> changed =
        diff(corrupt(seed)).pair().tensors().stream().filter(TensorComparison::isChanged).toList();
    assertThat(changed).extracting(TensorComparison::name).containsExactly(change.tensor.name());
    assertThat(changed.get(0).compared().orElseThrow().changedElements()).isEqualTo(1);
    assertThat(changed.get(0).compared().orElseThrow().firstChangedIndex())
        .isEqualTo(change.element);
  }

  // There is one, in the diff and in the audit.
  private static Finding onlyFinding(long seed) throws IOException {
    List<Finding> findings = diff(corrupt(seed)).judgement().findings();
    assertThat(findings).hasSize(1);
    AuditedEdge edge =
        edges(report).stream()
            .filter(one -> child(one).equals(seed + "/corrupt.pt"))
            .findFirst()
            .orElseThrow();
    assertThat(parent(edge)).isEqualTo("good/good.pt");
    assertThat(edge.verdict()).isEqualTo(Verdict.VIOLATION);
    assertThat(edge.findings()).isEqualTo(findings);
    return findings.get(0);
  }

  private static List<AuditedEdge> edges(AuditReport report) {
    return report.edges().stream().map(RecordedEdge::edge).toList();
  }

  private static String parent(AuditedEdge edge) {
    return edge.ends().parentPath();
  }

  private static String child(AuditedEdge edge) {
    return edge.ends().childPath();
  }

  private static Diff.Outcome diff(Path child) throws IOException {
    return diff(GOOD, child);
  }

  private static Diff.Outcome diff(Path parent, Path child) throws IOException {
    return new Diff(
            LocalSpark.context(), Settings.load(Optional.empty()), Policy.load(Optional.empty()))
        .run(parent.toString(), child.toString(), Optional.empty(), Set.of());
  }

  private static Path corrupt(long seed) {
    return folder.resolve("archive/" + seed + "/corrupt.pt");
  }

  /** One element of one layer, both drawn with a seed, in the bytes of a file. */
  private static final class Change {
    private final CheckpointBytes file;
    private final Random random;
    private TensorEntry tensor;
    private int element;
    private int before; // of requantized indices
    private int now;

    private Change(Path file, String suffix, long seed) throws IOException {
      this.file = new CheckpointBytes(file);
      random = new Random(seed);
      List<TensorEntry> some =
          this.file.tensors().stream().filter(t -> t.name().endsWith(suffix)).toList();
      tensor = some.get(random.nextInt(some.size()));
      element = random.nextInt((int) tensor.elements());
    }

    static Change ofQuantized(long seed) throws IOException {
      Change change = new Change(GOOD, "._Q", seed);
      float value = change.getFloat();
      change.putFloat(seed % 2 == 0 ? -value : value * 1.5f + 0.001f);
      return change;
    }

    static Change findsDamagedIndices(long seed) throws IOException {
      Change change = new Change(GOOD, "._indices", seed);
      int index = change.getIndex();
      change.putIndex(seed % 2 == 0 ? ENTRIES - 1 - index : ENTRIES + index);
      return change;
    }

    static Change ofLut(long seed) throws IOException {
      Change change = new Change(GOOD, ".lut", seed);
      change.putFloat(change.getFloat() * 0.9f);
      return change;
    }

    static Change ofRequantized(long seed) throws IOException {
      Change change = new Change(TIGHTENED, "._indices", seed);
      change.before = change.getIndex();
      change.now = ENTRIES - 1 - change.before;
      change.putIndex(change.now);
      TensorEntry indices = change.tensor;
      change.tensor = change.file.tensor(indices.name().replace("._indices", "._Q"));
      change.putFloat(-change.getFloat());
      return change;
    }

    private float getFloat() {
      assertThat(tensor.dtype()).isEqualTo(DType.FLOAT32);
      return file.at(tensor, element).getFloat();
    }

    private void putFloat(float value) {
      put(at -> at.putFloat(value));
    }

    private int getIndex() {
      assertThat(tensor.dtype()).isEqualTo(DType.INT16);
      return file.at(tensor, element).getShort();
    }

    private void putIndex(int index) {
      put(at -> at.putShort((short) index));
    }

    private void put(Consumer<ByteBuffer> write) {
      file.put(tensor, element, write);
    }

    void write(Path file) throws IOException {
      this.file.write(file);
    }
  }
}
