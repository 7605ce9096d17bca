package io.qtrace.job.lineage;

import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.compare.TensorStats;
import io.qtrace.io.ObjectStat;
import io.qtrace.job.archive.CheckpointFile;
import io.qtrace.job.archive.Role;
import io.qtrace.job.compare.CheckpointFacts;
import io.qtrace.job.compare.LayerInvariants;
import io.qtrace.job.compare.TensorFacts;
import io.qtrace.job.judge.EdgeCounts;
import io.qtrace.job.judge.EdgeEnds;
import io.qtrace.job.operations.ArrayCheckpoint;
import io.qtrace.job.operations.Layers;
import io.qtrace.job.parents.Candidate;
import io.qtrace.job.parents.Dispute;
import io.qtrace.job.parents.HandMade;
import io.qtrace.job.parents.InferredEdge;
import io.qtrace.job.parents.ParentPart;
import io.qtrace.job.parents.Sketch;
import io.qtrace.job.parents.Transition;
import io.qtrace.job.parents.WeightsEvidence;
import io.qtrace.job.parents.WeightsEvidence.Says;
import io.qtrace.job.policy.EdgeKind;
import io.qtrace.job.policy.Finding;
import io.qtrace.job.policy.Verdict;
import io.qtrace.kernel.LutCheckPartial;
import io.qtrace.kernel.Mismatches;
import io.qtrace.lut.Category;
import io.qtrace.tensor.CheckpointIndex;
import io.qtrace.tensor.DType;
import io.qtrace.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.catalyst.CatalystTypeConverters;
import org.apache.spark.sql.catalyst.expressions.GenericRowWithSchema;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;

/** Model, row, Spark's row, row, model: what comes back is what went in. */
class TestRowRoundTrip {
  private static final EdgeEnds ENDS = new EdgeEnds("1f", "2e", "a/step1.pt", "a/step2.pt");

  /** The row as Spark gives it back, without a session. */
  private static <R extends Record> Row throughSpark(Class<R> type, R row) {
    RowCodec<R> codec = new RowCodec<>(type);
    StructType schema = codec.schema();
    Object internal =
        CatalystTypeConverters.createToCatalystConverter(schema).apply(codec.row(row));
    return (Row) CatalystTypeConverters.createToScalaConverter(schema).apply(internal);
  }

  private static <R extends Record> R back(Class<R> type, R row) {
    R found = new RowCodec<>(type).record(throughSpark(type, row));
    assertThat(found).isEqualTo(row);
    return found;
  }

  /** As rows of the version before are read: columns that it had not are null. */
  private static <R extends Record> R older(Class<R> type, R row, String... missing) {
    Row spark = throughSpark(type, row);
    Object[] values = new Object[spark.length()];
    for (int i = 0; i < values.length; i++) {
      String column = spark.schema().fieldNames()[i];
      values[i] = List.of(missing).contains(column) ? null : spark.get(i);
    }
    return new RowCodec<>(type).record(new GenericRowWithSchema(values, spark.schema()));
  }

  private static void assertTensorSurvives(TensorFacts facts) {
    TensorRow row = RowMapping.row("audit", "id", "a/step1.pt", 3, facts, Optional.empty());
    for (TensorRow stored : List.of(row, back(TensorRow.class, row))) {
      assertThat(RowMapping.facts(stored, ArrayCheckpoint.POLICY.categories())).isEqualTo(facts);
    }
    TensorRow older = older(TensorRow.class, row, "position", "section", "norm", "index_counts");
    assertThat(older.position()).isNull();
    TensorFacts withoutNorm = RowMapping.facts(older, ArrayCheckpoint.POLICY.categories());
    assertThat(withoutNorm.norm()).isEmpty();
    assertThat(withoutNorm.indexCounts()).isEmpty();
    assertThat(withoutNorm.stats()).isEqualTo(facts.stats());
    assertThat(withoutNorm.isSame(facts)).isTrue();
  }

  @Test
  void theSectionOfACopySurvives() {
    TensorFacts facts = Layers.initial().facts().tensors().values().iterator().next();
    TensorRow row = RowMapping.row("audit", "id", "a/step1.pt", 3, facts, Optional.of("ema"));
    assertThat(back(TensorRow.class, row).section()).isEqualTo("ema");
  }

  @Test
  void factsOfTensorsSurvive() {
    Layers.trained(Layers.initial(), 71)
        .facts()
        .tensors()
        .values()
        .forEach(TestRowRoundTrip::assertTensorSurvives);
    assertTensorSurvives(
        new TensorFacts(
            "evil\u202e.weight",
            Category.OTHER,
            DType.BFLOAT16,
            Shape.of(0, 3),
            "x1:00000000000000000000000000000000",
            new TensorStats(Double.NaN, Double.NaN, 0, 0, 0, 0),
            List.of()));
    assertTensorSurvives(
        new TensorFacts(
            "p.scale_A",
            Category.SCALE,
            DType.FLOAT64,
            Shape.of(2, 3),
            "x1:0123456789abcdef0123456789abcdef",
            new TensorStats(Double.NEGATIVE_INFINITY, -0.0, Double.NaN, 3, 1, 2),
            List.of(Double.NaN, -0.0, Double.NEGATIVE_INFINITY, Double.NaN, Double.NaN, 0.0)));
    for (double norm : new double[] {Double.NaN, Double.POSITIVE_INFINITY, 0, 0.1}) {
      assertTensorSurvives(
          asked("p.scale_A", Category.SCALE, DType.FLOAT32, Optional.of(norm), Optional.empty()));
    }
    for (List<Long> counts : List.of(List.<Long>of(), List.of(0L, 1L << 40))) {
      assertTensorSurvives(
          asked(
              "p._indices", Category.INDICES, DType.INT16, Optional.empty(), Optional.of(counts)));
    }
  }

  private static TensorFacts asked(
      String name,
      Category category,
      DType dtype,
      Optional<Double> norm,
      Optional<List<Long>> indexCounts) {
    return new TensorFacts(
        name,
        category,
        dtype,
        Shape.of(200, 3),
        "x1:0123456789abcdef0123456789abcdef",
        new TensorStats(0, 1, 1L << 40, 0, 0, 0),
        List.of(),
        norm,
        indexCounts,
        Optional.empty(),
        Optional.empty());
  }

  private static LayerInvariants stored(
      LayerInvariants layer, Function<InvariantRow, InvariantRow> through) {
    return RowMapping.invariants(through.apply(RowMapping.row("audit", "id", "a/step1.pt", layer)));
  }

  private static void assertLayerSurvives(LayerInvariants layer) {
    assertThat(stored(layer, row -> row)).isEqualTo(layer);
    assertThat(stored(layer, row -> back(InvariantRow.class, row))).isEqualTo(layer);
  }

  private static List<LayerInvariants> layers(ArrayCheckpoint model) {
    return List.copyOf(model.facts().layers().values());
  }

  @Test
  void invariantsSurvive() {
    ArrayCheckpoint initial = Layers.initial();
    ArrayCheckpoint trained = Layers.trained(initial, 72);
    List<LayerInvariants> all = new ArrayList<>();
    all.addAll(layers(initial));
    all.addAll(layers(trained));
    all.addAll(layers(Layers.refreshed(trained)));
    all.addAll(
        layers(initial.with(Layers.MLP.quantized(), 7, 0.3125).damaged(Layers.MLP.lut(), 3)));
    all.addAll(layers(initial.without(Layers.MLP.indices()).without(Layers.SMALL.lut())));
    assertThat(all).hasSize(15).allSatisfy(TestRowRoundTrip::assertLayerSurvives);
    assertThat(all).anyMatch(LayerInvariants::isStale);
    assertThat(all).anyMatch(layer -> layer.unchecked().isPresent());
    assertThat(all).anyMatch(layer -> layer.effectiveDrift().isPresent());
  }

  @Test
  void numbersThatAreNaNSurvive() {
    assertLayerSurvives(
        new LayerInvariants(
            "p",
            Optional.empty(),
            Optional.of(
                new LutCheckPartial(
                    6,
                    Mismatches.NONE,
                    new Mismatches(2, 4, Double.NaN, Double.NaN),
                    new Mismatches(1, 5, Double.NaN, -2),
                    Double.NaN)),
            Optional.of(16L),
            Optional.empty(),
            Optional.of(Double.NaN)));
  }

  @Test
  void anIndexOutsideTheLutSurvives() {
    layers(Layers.initial().with(Layers.MLP.indices(), 9, 16))
        .forEach(TestRowRoundTrip::assertLayerSurvives);
  }

  private static CheckpointFile file(String etag, Role role, long step) {
    return new CheckpointFile(
        new ObjectStat("s3a://bucket/a/b%20c.pt", 1L << 40, 1_764_100_000_123L, etag),
        "a/b c.pt",
        "a",
        role,
        step);
  }

  private static void assertCheckpointSurvives(KnownCheckpoint checkpoint) {
    CheckpointRow row = RowMapping.row(checkpoint);
    assertThat(RowMapping.checkpoint(row)).isEqualTo(checkpoint);
    assertThat(RowMapping.checkpoint(back(CheckpointRow.class, row))).isEqualTo(checkpoint);
  }

  private static KnownCheckpoint known(CheckpointFile file, KnownCheckpoint.Contents contents) {
    return new KnownCheckpoint("audit", file.id(), file, Optional.of(contents), Optional.empty());
  }

  @Test
  void checkpointsSurvive() {
    CheckpointFacts facts = Layers.trained(Layers.initial(), 73).facts();
    Sketch sketch = Sketch.of(facts);
    for (Role role : Role.values()) {
      assertCheckpointSurvives(
          known(
              file("tag", role, role == Role.STEP ? 200 : CheckpointFile.NO_STEP),
              new KnownCheckpoint.Contents(
                  "torch-zip",
                  facts.tensors().size(),
                  List.of(),
                  List.of("read a.b#2"),
                  Optional.of(sketch))));
    }
    assertCheckpointSurvives(
        known(
            file("", Role.BAKED, 0),
            new KnownCheckpoint.Contents(
                "safetensors",
                0,
                List.of(
                    new CheckpointIndex.Skipped("sparse", "no plain elements"),
                    new CheckpointIndex.Skipped("meta\n", "")),
                List.of(),
                Optional.empty())));
  }

  @Test
  void checkpointsThatCouldNotBeReadSurvive() {
    CheckpointFile file = file("tag", Role.OTHER, CheckpointFile.NO_STEP);
    assertCheckpointSurvives(
        new KnownCheckpoint(
            "audit", file.id(), file, Optional.empty(), Optional.of("Invalid file: at byte 7")));
  }

  @Test
  void aCheckpointOfTheVersionBeforeHasNoSketch() {
    CheckpointFacts facts = Layers.initial().facts();
    CheckpointFile file = file("tag", Role.INITIAL, CheckpointFile.NO_STEP);
    KnownCheckpoint checkpoint =
        known(
            file,
            new KnownCheckpoint.Contents(
                "torch-zip", 25, List.of(), List.of(), Optional.of(Sketch.of(facts))));
    CheckpointRow older = older(CheckpointRow.class, RowMapping.row(checkpoint), "sketch", "notes");
    assertThat(RowMapping.checkpoint(older))
        .isEqualTo(
            known(
                file,
                new KnownCheckpoint.Contents(
                    "torch-zip", 25, List.of(), List.of(), Optional.empty())));
  }

  @Test
  void aSketchOfAnotherVersionIsNotUsed() {
    CheckpointFacts facts = Layers.initial().facts();
    CheckpointRow row =
        RowMapping.row(
            known(
                file("tag", Role.INITIAL, CheckpointFile.NO_STEP),
                new KnownCheckpoint.Contents(
                    "torch-zip", 25, List.of(), List.of(), Optional.of(Sketch.of(facts)))));
    CheckpointRow.SketchRow sketch = row.sketch();
    CheckpointRow other =
        new CheckpointRow(
            row.auditId(),
            row.checkpointId(),
            row.path(),
            row.uri(),
            row.run(),
            row.role(),
            row.step(),
            row.format(),
            row.bytes(),
            row.modified(),
            row.etag(),
            row.tensors(),
            row.skipped(),
            row.notes(),
            row.error(),
            new CheckpointRow.SketchRow(
                Sketch.VERSION + 1,
                sketch.content(),
                sketch.keys(),
                sketch.projection(),
                sketch.trained(),
                sketch.shadow()));
    assertThat(RowMapping.checkpoint(other).contents().orElseThrow().sketch()).isEmpty();
  }

  private static AuditedEdge edge(WeightsEvidence weights, Finding... findings) {
    return new AuditedEdge(
        ENDS,
        findings.length == 0 ? ParentPart.WHOLE : ParentPart.DONOR,
        new EdgeKind("train"),
        List.of("declared", "order"),
        findings.length == 0 ? Verdict.CLEAN : Verdict.VIOLATION,
        new EdgeCounts(
            new EdgeCounts.ByStatus(1, 2, 3, 4, 5, 6),
            new EdgeCounts.Quantized(7, 8),
            new EdgeCounts.Luts(9, 10)),
        List.of("scale_A of MLP"),
        Arrays.asList(findings),
        List.of("a note", "another\u2028"),
        new AuditedEdge.Rules(2, "00ff", "11ee"),
        weights);
  }

  private static void assertEdgeSurvives(AuditedEdge edge) {
    EdgeRow row = RowMapping.row("audit", edge);
    RecordedEdge expected = new RecordedEdge("audit", edge);
    assertThat(RowMapping.edge(row)).isEqualTo(expected);
    assertThat(RowMapping.edge(back(EdgeRow.class, row))).isEqualTo(expected);
  }

  private static List<WeightsEvidence> opinions() {
    CheckpointFile parent = HandMade.file("a/step1.pt");
    CheckpointFile child = HandMade.file("a/step2.pt");
    CheckpointFile last = HandMade.file("a/baked.pt");
    InferredEdge one = HandMade.edge(parent, child, "unknown", 2);
    InferredEdge two = HandMade.edge(child, last, "bake");
    return List.of(
        WeightsEvidence.NOTHING,
        WeightsEvidence.AGREES,
        WeightsEvidence.infers(one),
        WeightsEvidence.reaches(List.of(one, two)),
        WeightsEvidence.shows(Says.PREFERS, two),
        WeightsEvidence.shows(Says.CONTRADICTS, one));
  }

  @Test
  void edgesSurviveWithEveryOpinionOfTheWeights() {
    assertThat(opinions()).extracting(WeightsEvidence::says).containsExactly(Says.values());
    for (WeightsEvidence opinion : opinions()) {
      assertEdgeSurvives(edge(opinion));
      assertEdgeSurvives(
          edge(
              opinion,
              new Finding("q-never", 3, "p._Q", "3 of 5"),
              new Finding("q-stale", 1, "p._Q", "1 of 5").waived("known", "2027-01-31")));
    }
  }

  @Test
  void anEdgeOfTheVersionBeforeHasNoOpinion() {
    AuditedEdge edge = edge(opinions().get(2));
    EdgeRow older = older(EdgeRow.class, RowMapping.row("audit", edge), "weights");
    assertThat(older.weights()).isNull();
    RecordedEdge found = RowMapping.edge(older);
    assertThat(found.edge().weights()).isNull();
    assertThat(found).isEqualTo(new RecordedEdge("audit", edge(null)));
  }

  @Test
  void transitionsOfCandidatesSurvive() {
    Candidate candidate = new Candidate("1f", "2e");
    Candidate.Transitions found =
        new Candidate.Transitions(
            new Transition(
                new EdgeKind("train"),
                5,
                4,
                1,
                3,
                0.125,
                true,
                false,
                true,
                false,
                List.of(-7, 12)),
            new Transition(
                EdgeKind.UNKNOWN,
                0,
                9,
                9,
                2,
                Double.POSITIVE_INFINITY,
                false,
                true,
                false,
                false,
                List.of()));
    CandidateRow row = RowMapping.row("audit", "method", candidate, found);
    for (CandidateRow stored : List.of(row, back(CandidateRow.class, row))) {
      assertThat(new Candidate(stored.oneId(), stored.otherId())).isEqualTo(candidate);
      assertThat(RowMapping.transitions(stored)).isEqualTo(found);
    }
  }

  @Test
  void rulingsOfDisputesSurvive() {
    Dispute dispute = new Dispute("1f", "2e", "3d");
    Dispute.Ruling ruling = new Dispute.Ruling(7, 5, true);
    DisputeRow row = RowMapping.row("audit", "method", dispute, ruling);
    for (DisputeRow stored : List.of(row, back(DisputeRow.class, row))) {
      assertThat(RowMapping.dispute(stored)).isEqualTo(dispute);
      assertThat(RowMapping.ruling(stored)).isEqualTo(ruling);
    }
  }
}
