package io.qtrace.job.judge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.qtrace.job.archive.RunConfig;
import io.qtrace.job.operations.ArrayCheckpoint;
import io.qtrace.job.operations.ArrayTensor;
import io.qtrace.job.operations.Layers;
import io.qtrace.job.operations.Operations;
import io.qtrace.job.operations.QCause;
import io.qtrace.job.operations.Step;
import io.qtrace.job.operations.StepOfArrays;
import io.qtrace.job.policy.EdgeKind;
import io.qtrace.job.policy.Expectation;
import io.qtrace.job.policy.Finding;
import io.qtrace.job.policy.Policy;
import io.qtrace.job.policy.RunPolicy;
import io.qtrace.job.policy.Subject;
import io.qtrace.job.policy.Verdict;
import io.qtrace.job.policy.Waiver;
import io.qtrace.job.policy.Waivers;
import io.qtrace.lut.LayerNames;
import io.qtrace.lut.Lut;
import io.qtrace.lut.LutDeltas;
import io.qtrace.lut.LutParameters;
import io.qtrace.tensor.DType;
import io.qtrace.tensor.Shape;
import java.time.LocalDate;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.function.Function;
import org.assertj.core.groups.Tuple;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class TestEdgeJudge {
  private static final EdgeJudge JUDGE = new EdgeJudge(Operations.KNOWN);
  private static final String RUN = "runs/a";
  private static final JudgedChild CHILD =
      new JudgedChild("runs/a/checkpoint_step20.pt", OptionalLong.of(20));
  private static final LocalDate TODAY = LocalDate.parse("2026-11-25");
  private static final EdgeKind TRAIN = new EdgeKind("train");
  private static final EdgeKind SYNC = new EdgeKind("sync");
  private static final EdgeKind CAST = new EdgeKind("cast");
  private static final EdgeKind BAKE = new EdgeKind("bake");
  private static final LayerNames LAYER = Layers.MLP;

  /** A step that changes one tensor of a subject, and what an expectation then says of it. */
  private record Case(Step step, String changed, int all, String unchanged, int still) {}

  private static Case of(Subject subject) {
    ArrayCheckpoint initial = Layers.initial();
    ArrayCheckpoint trained = Layers.trained(initial, 41);
    LayerNames first = Layers.ATTENTION;
    return switch (subject) {
      case LUT_DELTAS -> damaged(trained, LAYER.deltas(), 2, first.deltas(), 1);
      case LUT -> damaged(initial, LAYER.lut(), 3, first.lut(), 2);
      case EFFECTIVE_LUT ->
          new Case(
              damaged(trained, LAYER.deltas(), 2, "", 1).step(),
              LAYER.layer(),
              3,
              first.layer(),
              2);
      case Q ->
          new Case(
              StepOfArrays.of(initial.with(LAYER.quantized(), 3, entryAfter(initial, 3)), initial),
              LAYER.quantized(),
              3,
              first.quantized(),
              2);
      case INDICES -> // not recomputed, so that it is a requantization
          new Case(
              StepOfArrays.of(initial, withOtherIndex(initial, 3), Map.of()),
              LAYER.indices(),
              3,
              first.indices(),
              2);
      case SCALE -> damaged(initial, LAYER.scaleB(), 9, first.scaleA(), 8);
      case OTHER -> damaged(initial, Layers.NORM, 7, first.weight(), 6);
    };
  }

  private static Case damaged(
      ArrayCheckpoint model, String tensor, int all, String unchanged, int still) {
    return new Case(
        StepOfArrays.of(model, model.damaged(tensor, 1)), tensor, all, unchanged, still);
  }

  private static double entryAfter(ArrayCheckpoint model, int element) {
    int index = (int) model.tensor(LAYER.indices()).values()[element];
    return Layers.FP4.value((index + 1) % 16);
  }

  private static ArrayCheckpoint withOtherIndex(ArrayCheckpoint model, int element) {
    double index = model.tensor(LAYER.indices()).values()[element];
    return model.with(LAYER.indices(), element, (index + 8) % 16).synced(LAYER);
  }

  /** Anything may change but one subject. */
  private static RunPolicy expecting(Subject subject, Expectation expectation, Waiver... waivers) {
    Map<EdgeKind, Map<Subject, Expectation>> edges = new TreeMap<>();
    for (EdgeKind kind : Operations.KNOWN.kinds()) {
      Map<Subject, Expectation> expectations = new EnumMap<>(Subject.class);
      for (Subject each : Subject.values()) {
        expectations.put(each, each == subject ? expectation : Expectation.MAY);
      }
      edges.put(kind, expectations);
    }
    Policy all =
        new Policy(
            7,
            "hash",
            "sha256",
            ArrayCheckpoint.POLICY.categories(),
            edges,
            List.of(),
            new Waivers(List.of(waivers), TODAY));
    return all.forRun(RUN, RunConfig.NONE);
  }

  private static RunPolicy permissive() {
    return expecting(Subject.OTHER, Expectation.MAY);
  }

  private static Judgement judge(Step step, RunPolicy rules, EdgeKind asked) {
    return JUDGE.judge(step, NotCompared.NOTHING, rules, CHILD, Optional.of(asked));
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void whatMustNeverChangeIsReportedWithAnExample(Subject subject) {
    Case one = of(subject);
    Judgement found = judge(one.step(), expecting(subject, Expectation.NEVER), TRAIN);
    String message =
        subject == Subject.EFFECTIVE_LUT
            ? "the LUT moved in 1 of 3 layers on an edge of kind train, such as " + one.changed()
            : "1 of %d %s tensors changed on an edge of kind train, where none may change, such as %s"
                .formatted(one.all(), subject.label(), one.changed());
    assertThat(ofExpectations(found))
        .containsExactly(new Finding(subject.label() + "-never", 1, one.changed(), message));
    assertThat(found.verdict()).isEqualTo(Verdict.VIOLATION);
    assertThat(found.kind()).isEqualTo(TRAIN);
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void whatMustChangeIsReportedWithAnExample(Subject subject) {
    Case one = of(subject);
    Judgement found = judge(one.step(), expecting(subject, Expectation.MUST), TRAIN);
    String message =
        subject == Subject.EFFECTIVE_LUT
            ? "the LUT did not train in 2 of 3 layers on an edge of kind train, such as "
                + one.unchanged()
            : "%d of %d %s tensors did not change on an edge of kind train, where all must change, such as %s"
                .formatted(one.still(), one.all(), subject.label(), one.unchanged());
    assertThat(ofExpectations(found))
        .containsExactly(
            new Finding(subject.label() + "-must", one.still(), one.unchanged(), message));
    assertThat(found.verdict()).isEqualTo(Verdict.VIOLATION);
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void allowedChangesAreNotFindings(Subject subject) {
    Judgement found = judge(of(subject).step(), permissive(), TRAIN);
    assertThat(ofExpectations(found)).isEmpty();
    assertThat(found.verdict())
        .isEqualTo(subject == Subject.LUT ? Verdict.VIOLATION : Verdict.CLEAN);
  }

  // A table with a damaged entry is a finding whatever is expected of it.
  private static List<Finding> ofExpectations(Judgement found) {
    return found.findings().stream()
        .filter(finding -> !List.of("lut-unexplained", "lut-invalid").contains(finding.rule()))
        .toList();
  }

  @ParameterizedTest
  @EnumSource(
      value = Subject.class,
      names = {"LUT_DELTAS", "SCALE", "OTHER", "INDICES"})
  void addedAndRemovedTensorsAreChanges(Subject subject) {
    ArrayCheckpoint model = Layers.trained(Layers.initial(), 42);
    String name =
        switch (subject) {
          case LUT_DELTAS -> LAYER.deltas();
          case SCALE -> LAYER.scaleA();
          case INDICES -> LAYER.indices();
          default -> LAYER.weight();
        };
    RunPolicy never = expecting(subject, Expectation.NEVER);
    List<Tuple> expected = List.of(tuple(subject.label() + "-never", name));
    // Tools of the recipe drop indices, and make them of _Q.
    List<Tuple> unlessIndices = subject == Subject.INDICES ? List.of() : expected;
    assertThat(judge(StepOfArrays.of(model.without(name), model), never, TRAIN).findings())
        .extracting(Finding::rule, Finding::example)
        .isEqualTo(unlessIndices);
    assertThat(judge(StepOfArrays.of(model, model.without(name)), never, TRAIN).findings())
        .extracting(Finding::rule, Finding::example)
        .isEqualTo(unlessIndices);
  }

  @Test
  void indicesThatAppearAndAreNotThoseOfTheQuantizedBufferAreReported() {
    ArrayCheckpoint model = Layers.initial();
    Step step = StepOfArrays.of(model.without(LAYER.indices()), model.damaged(LAYER.indices(), 3));
    assertThat(judge(step, expecting(Subject.INDICES, Expectation.NEVER), TRAIN).findings())
        .extracting(Finding::rule, Finding::example)
        .containsExactly(tuple("indices-alone", LAYER.indices()));
  }

  @Test
  void aRemovedTensorNeedNotChange() {
    ArrayCheckpoint parent = Layers.trained(Layers.initial(), 43);
    ArrayCheckpoint child = parent.damaged(Layers.ATTENTION.deltas(), 0).without(LAYER.deltas());
    assertThat(
            judge(
                    StepOfArrays.of(parent, child),
                    expecting(Subject.LUT_DELTAS, Expectation.MUST),
                    TRAIN)
                .findings())
        .isEmpty();
  }

  @Test
  void anotherDtypeWithTheSameNumbersIsANoteAndNotAChange() {
    ArrayCheckpoint parent = Layers.initial();
    ArrayCheckpoint child = parent;
    for (LayerNames layer : Layers.ALL) {
      child = child.with(layer.indices(), child.tensor(layer.indices()).as(DType.INT64));
    }
    Judgement found =
        judge(StepOfArrays.of(parent, child), expecting(Subject.INDICES, Expectation.NEVER), TRAIN);
    assertThat(found.findings()).isEmpty();
    assertThat(found.notes()).containsExactly("indices int16 -> int64, same numbers: 3 tensors");
  }

  @Test
  void unexplainedBuffersAreReportedOnceByTheirCounterexample() {
    ArrayCheckpoint initial = Layers.initial();
    Step step = StepOfArrays.of(initial, initial.with(LAYER.quantized(), 3, 0.3125));
    Judgement found = judge(step, expecting(Subject.Q, Expectation.NEVER), TRAIN);
    assertThat(found.findings()).extracting(Finding::rule).containsExactly("q-off-grid");
    Step alone = StepOfArrays.of(initial, initial.damaged(LAYER.indices(), 3));
    assertThat(judge(alone, expecting(Subject.INDICES, Expectation.NEVER), TRAIN).findings())
        .extracting(Finding::rule)
        .containsExactly("indices-alone");
  }

  @Test
  void aStepIsJudgedAsTheKindThatExplainsTheMost() {
    ArrayCheckpoint trained = Layers.trained(Layers.initial(), 44);
    Judgement found =
        JUDGE.judge(
            StepOfArrays.of(trained, Layers.baked(trained)),
            NotCompared.NOTHING,
            ArrayCheckpoint.POLICY.forRun(RUN, RunConfig.NONE),
            CHILD,
            Optional.empty());
    assertThat(found.kind()).isEqualTo(BAKE);
    assertThat(found.verdict()).isEqualTo(Verdict.CLEAN);
    assertThat(found.findings()).isEmpty();
    assertThat(found.changes())
        .extracting(change -> change.explanation().cause())
        .containsExactly(
            Optional.of(new QCause("BAKED")), Optional.of(new QCause("BAKED")), Optional.empty());
    assertThat(found.rulesHash())
        .isEqualTo(ArrayCheckpoint.POLICY.forRun(RUN, RunConfig.NONE).identity(CHILD.path()));
  }

  @Test
  void waivedFindingsDoNotCount() {
    Waiver waiver = waiver("other-never", List.of("*layernorm*"), "2026-11-25");
    Judgement found =
        judge(of(Subject.OTHER).step(), expecting(Subject.OTHER, Expectation.NEVER, waiver), TRAIN);
    assertThat(found.findings())
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.rule()).isEqualTo("other-never");
              assertThat(finding.waivedReason()).isEqualTo("known");
              assertThat(finding.waivedUntil()).isEqualTo("2026-11-25");
            });
    assertThat(found.verdict()).isEqualTo(Verdict.CLEAN);
    assertThat(found.notes()).isEmpty();
  }

  @Test
  void reportsFindingsThatNoWaiverCoversSeparately() {
    ArrayCheckpoint initial = Layers.initial();
    Step step =
        StepOfArrays.of(
            initial,
            initial
                .damaged(Layers.NORM, 0)
                .damaged(LAYER.weight(), 5)
                .damaged(Layers.SMALL.weight(), 5));
    Waiver waiver = waiver("other-never", List.of("*layernorm*"), "2027-01-31");
    Judgement found = judge(step, expecting(Subject.OTHER, Expectation.NEVER, waiver), TRAIN);
    assertThat(found.findings())
        .extracting(Finding::tensors, Finding::example, Finding::counts)
        .containsExactlyInAnyOrder(tuple(2, LAYER.weight(), true), tuple(1, Layers.NORM, false));
    assertThat(found.verdict()).isEqualTo(Verdict.VIOLATION);
  }

  @Test
  void anExpiredWaiverIsNoted() {
    Waiver waiver = waiver("other-never", List.of(), "2026-11-24");
    Judgement found =
        judge(of(Subject.OTHER).step(), expecting(Subject.OTHER, Expectation.NEVER, waiver), TRAIN);
    assertThat(found.verdict()).isEqualTo(Verdict.VIOLATION);
    assertThat(found.findings()).singleElement().matches(Finding::counts);
    assertThat(found.notes())
        .containsExactly("the waiver of other-never expired on 2026-11-24: known");
  }

  @Test
  void aWaiverOfAnotherRunRuleOrCheckpointCoversNothing() {
    for (Waiver waiver :
        List.of(
            waiver("scale-never", List.of(), "2027-01-31"),
            waiver("other-never", List.of("*.lut"), "2027-01-31"),
            new Waiver(
                "other-never",
                List.of("runs/b"),
                List.of(),
                List.of(),
                "known",
                LocalDate.parse("2027-01-31")),
            new Waiver(
                "other-never",
                List.of(),
                List.of("*step40.pt"),
                List.of(),
                "known",
                LocalDate.parse("2027-01-31")))) {
      Judgement found =
          judge(
              of(Subject.OTHER).step(), expecting(Subject.OTHER, Expectation.NEVER, waiver), TRAIN);
      assertThat(found.verdict()).as(waiver.toString()).isEqualTo(Verdict.VIOLATION);
    }
  }

  private static Waiver waiver(String rule, List<String> tensors, String expires) {
    return new Waiver(rule, List.of(), List.of(), tensors, "known", LocalDate.parse(expires));
  }

  @Test
  void aStoredLutThatIsNeitherABakeNorARefreshIsReported() {
    ArrayCheckpoint trained = Layers.trained(Layers.initial(), 45);
    Step step = StepOfArrays.of(trained, trained.damaged(LAYER.lut(), 5));
    Finding expected =
        new Finding(
            "lut-unexplained",
            1,
            LAYER.lut(),
            "1 stored LUT changed, but not to a bake or a refresh of the parent's deltas, such as %s: 1 of 16 entries, the first at element 5"
                .formatted(LAYER.lut()));
    for (EdgeKind kind : List.of(BAKE, SYNC, new EdgeKind("refresh"), EdgeKind.UNKNOWN)) {
      assertThat(judge(step, permissive(), kind).findings()).as(kind.label()).contains(expected);
    }
    assertThat(judge(step, permissive(), TRAIN).findings()).contains(expected);
  }

  @Test
  void movedLutWithoutDeltasIsNotABakeAndARefreshIsAllowed() {
    ArrayCheckpoint initial = Layers.initial();
    Step unknown = StepOfArrays.of(initial, initial.damaged(LAYER.lut(), 5));
    assertThat(judge(unknown, permissive(), BAKE).findings())
        .extracting(Finding::rule)
        .containsExactly("lut-unexplained", "lut-invalid", "q-left-stale");
    assertThat(judge(unknown, permissive(), SYNC).findings())
        .extracting(Finding::rule)
        .containsExactly("lut-unexplained", "lut-invalid", "q-left-stale");
    ArrayCheckpoint trained = Layers.trained(initial, 46);
    Step refresh = StepOfArrays.of(trained, Layers.refreshed(trained));
    assertThat(judge(refresh, permissive(), new EdgeKind("refresh")).findings()).isEmpty();
    // As a sync it left the _Q behind.
    assertThat(judge(refresh, permissive(), SYNC).findings())
        .extracting(Finding::rule)
        .containsExactly("sync-incomplete");
  }

  @Test
  void anElementThatIsNotRoundedBreaksACast() {
    ArrayCheckpoint parent = Layers.initial();
    ArrayCheckpoint half = Layers.cast(parent, DType.FLOAT16);
    assertThat(judge(StepOfArrays.of(parent, half), permissive(), CAST).findings()).isEmpty();
    String weight = LAYER.weight();
    Step step = StepOfArrays.of(parent, half.with(weight, 70, 4));
    assertThat(judge(step, permissive(), CAST).findings())
        .containsExactly(
            new Finding(
                "cast-unexplained",
                1,
                weight,
                "1 tensor not the parent's rounded to the child's dtype, such as %s: 1 of 128 elements, the first at element 70: 4.0, the parent's rounds to %s"
                    .formatted(weight, half.tensor(weight).values()[70])));
  }

  @Test
  void aCastThatChangesATensorOfTheSameDtypeIsBroken() {
    ArrayCheckpoint parent = Layers.initial();
    ArrayCheckpoint half =
        Layers.cast(parent, DType.FLOAT16).with(Layers.NORM, parent.tensor(Layers.NORM));
    Step step = StepOfArrays.of(parent, half.damaged(Layers.NORM, 6));
    assertThat(judge(step, permissive(), CAST).findings())
        .containsExactly(
            new Finding(
                "cast-unexplained",
                1,
                Layers.NORM,
                "1 tensor not the parent's rounded to the child's dtype, such as %s: 1 of 8 elements, the first at element 6, in the same dtype"
                    .formatted(Layers.NORM)));
  }

  @Test
  void aCastOfIntegersThatChangesANumberDoesNotSayThatTheDtypeIsTheSame() {
    ArrayCheckpoint parent =
        Layers.initial()
            .with("model.steps", new ArrayTensor(DType.INT64, Shape.of(3), new double[] {5, 6, 7}));
    ArrayCheckpoint child =
        parent.with("model.steps", parent.tensor("model.steps").as(DType.INT16).with(1, 9));
    assertThat(judge(StepOfArrays.of(parent, child), permissive(), CAST).findings())
        .singleElement()
        .satisfies(
            finding ->
                assertThat(finding.message())
                    .contains("such as model.steps: 1 of 3 elements, the first at element 1")
                    .doesNotContain("in the same dtype"));
  }

  // What changes must be rounding: the policy allows no more than that.
  @Test
  void aCastThatAddsDropsOrReshapesATensorIsBroken() {
    ArrayCheckpoint parent = Layers.initial();
    ArrayCheckpoint half = Layers.cast(parent, DType.FLOAT16);
    String weight = LAYER.weight();
    for (ArrayCheckpoint child :
        List.of(
            half.with("extra.weight", ArrayTensor.of(new float[] {1, 2}, 2)),
            half.without(weight),
            half.with(weight, ArrayTensor.of(half.tensor(weight).floats(), 8, 16)))) {
      Judgement found =
          JUDGE.judge(
              StepOfArrays.of(parent, child),
              NotCompared.NOTHING,
              ArrayCheckpoint.POLICY.forRun(RUN, RunConfig.NONE),
              CHILD,
              Optional.empty());
      assertThat(found.kind()).isEqualTo(CAST);
      assertThat(found.outcome().unexplained()).isEqualTo(1);
      assertThat(found.verdict()).isEqualTo(Verdict.VIOLATION);
    }
  }

  @Test
  void aQuantizedBufferOfACastIsReportedByItsCauseAlone() {
    ArrayCheckpoint parent = Layers.initial();
    ArrayCheckpoint half = Layers.cast(parent, DType.FLOAT16);
    Step step = StepOfArrays.of(parent, half.with(LAYER.quantized(), 8, 0.3125));
    assertThat(judge(step, permissive(), CAST).findings())
        .extracting(Finding::rule)
        .containsExactly("q-off-grid");
  }

  @Test
  void whatNoOperationExplainsIsNeverClean() {
    ArrayCheckpoint initial = Layers.initial();
    Judgement found =
        JUDGE.judge(
            StepOfArrays.of(initial, initial.damaged(Layers.NORM, 5)),
            NotCompared.NOTHING,
            permissive(),
            CHILD,
            Optional.empty());
    assertThat(found.kind()).isEqualTo(EdgeKind.UNKNOWN);
    assertThat(found.findings())
        .containsExactly(
            new Finding(
                "unexplained",
                1,
                Layers.NORM,
                "1 tensor changed in a way that no known operation explains, such as %s: 1 of 8 elements, the first at element 5"
                    .formatted(Layers.NORM)));
    assertThat(found.verdict()).isEqualTo(Verdict.VIOLATION);
    Judgement added =
        JUDGE.judge(
            StepOfArrays.of(initial, initial.with("extra", ArrayTensor.of(new float[] {1}, 1))),
            NotCompared.NOTHING,
            permissive(),
            CHILD,
            Optional.empty());
    assertThat(added.findings())
        .extracting(Finding::message)
        .containsExactly(
            "1 tensor changed in a way that no known operation explains, such as extra: ADDED");
  }

  @Test
  void doesNotReportFindingsAgainAsUnexplained() {
    ArrayCheckpoint initial = Layers.initial();
    ArrayCheckpoint child = initial.damaged(Layers.NORM, 5).with(LAYER.quantized(), 8, 0.3125);
    Judgement found =
        JUDGE.judge(
            StepOfArrays.of(initial, child),
            NotCompared.NOTHING,
            permissive(),
            CHILD,
            Optional.empty());
    assertThat(found.kind()).isEqualTo(EdgeKind.UNKNOWN);
    assertThat(found.findings())
        .extracting(Finding::rule)
        .containsExactly("q-off-grid", "unexplained");
    assertThat(found.findings())
        .extracting(Finding::example)
        .containsExactly(LAYER.quantized(), Layers.NORM);
  }

  @Test
  void deltasThatAppearAsTheLutImpliesThemDidNotMove() {
    Step step = untrained(47, LutParameters::training);
    Judgement found = judge(step, expecting(Subject.LUT_DELTAS, Expectation.MUST), TRAIN);
    assertThat(found.findings())
        .containsExactly(
            new Finding(
                "lut_deltas-must",
                2,
                Layers.ATTENTION.deltas(),
                "2 of 2 lut_deltas tensors did not change on an edge of kind train, where all must"
                    + " change, such as "
                    + Layers.ATTENTION.deltas()));
    assertThat(found.trainableLuts()).hasSize(2).noneMatch(LutMove::isTrained);
    assertThat(judge(step, expecting(Subject.EFFECTIVE_LUT, Expectation.NEVER), TRAIN).findings())
        .isEmpty();
  }

  // As of a run with another --lut-max-abs than the stored LUT's largest value.
  @ParameterizedTest
  @ValueSource(doubles = {1.6, 1.8, 2.2, 2.4, 3, 4})
  void deltasThatAnyTrainingStartsFromDidNotMove(double maxAbs) {
    Step step = untrained(49, lut -> LutParameters.training(maxAbs));
    Judgement found = judge(step, expecting(Subject.LUT_DELTAS, Expectation.MUST), TRAIN);
    assertThat(found.findings()).extracting(Finding::rule).containsExactly("lut_deltas-must");
    assertThat(found.trainableLuts()).hasSize(2).noneMatch(LutMove::isTrained);
  }

  // Training of the scales alone, with deltas as training starts from them.
  private static Step untrained(int seed, Function<Lut, LutParameters> parameters) {
    ArrayCheckpoint initial = Layers.initial();
    ArrayCheckpoint untrained = Layers.trainedScales(initial, seed);
    for (LayerNames layer : Layers.TRAINABLE) {
      Lut lut = new Lut(initial.tensor(layer.lut()).floats());
      float[] start = LutDeltas.initial(lut, parameters.apply(lut)).logits();
      untrained = untrained.with(layer.deltas(), ArrayTensor.of(start, start.length));
    }
    return StepOfArrays.of(initial, untrained);
  }

  @Test
  void deltasThatAppearElsewhereMoved() {
    ArrayCheckpoint initial = Layers.initial();
    Step step = StepOfArrays.of(initial, Layers.trained(initial, 48));
    Judgement found = judge(step, expecting(Subject.LUT_DELTAS, Expectation.MUST), TRAIN);
    assertThat(found.findings()).isEmpty();
    assertThat(found.trainableLuts()).hasSize(2).allMatch(LutMove::isTrained);
    assertThat(found.lutMoves())
        .extracting(LutMove::layer)
        .containsExactly(Layers.ATTENTION.layer(), Layers.MLP.layer(), Layers.SMALL.layer());
  }

  // Its learning rate is 0 where there is a warm-up.
  @ParameterizedTest
  @CsvSource({"1, CLEAN", "0, VIOLATION", "10, VIOLATION", ", VIOLATION"})
  void theFirstStepOfARunMayMoveNothing(Long steps, Verdict verdict) {
    OptionalLong read = steps == null ? OptionalLong.empty() : OptionalLong.of(steps);
    JudgedChild child = new JudgedChild("runs/a/any.pt", read);
    ArrayCheckpoint initial = Layers.initial();
    ArrayCheckpoint started = Layers.started(initial);
    assertThat(judged(initial, started, child).verdict()).isEqualTo(verdict);
    ArrayCheckpoint trained =
        started.with(LAYER.scaleA(), Layers.trainedScales(initial, 5).tensor(LAYER.scaleA()));
    assertThat(judged(initial, trained, child).verdict()).isEqualTo(Verdict.VIOLATION);
  }

  private static Judgement judged(ArrayCheckpoint parent, ArrayCheckpoint child, JudgedChild name) {
    return JUDGE.judge(
        StepOfArrays.of(parent, child),
        NotCompared.NOTHING,
        ArrayCheckpoint.POLICY.forRun(RUN, RunConfig.NONE),
        name,
        Optional.empty());
  }

  @Test
  void magnitudesOfFactorsThatTrainMayStayInBfloat16() {
    ArrayCheckpoint parent = Layers.cast(Layers.initial(), DType.BFLOAT16);
    ArrayCheckpoint child = Layers.cast(Layers.trainedScales(parent, 6), DType.BFLOAT16);
    for (LayerNames layer : Layers.ALL) {
      child = child.with(layer.magnitude(), parent.tensor(layer.magnitude()));
    }
    assertThat(judged(parent, child, CHILD).findings()).isEmpty();
    child = child.nudged(LAYER.magnitude(), 1);
    assertThat(judged(parent, child, CHILD).findings()).isEmpty();
    ArrayCheckpoint frozen = parent.nudged(LAYER.magnitude(), 1);
    assertThat(judged(parent, frozen, CHILD).findings()).isNotEmpty();
  }
}
