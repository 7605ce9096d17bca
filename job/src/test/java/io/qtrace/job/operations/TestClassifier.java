package io.qtrace.job.operations;

import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.job.compare.TensorComparison;
import io.qtrace.job.compare.UnexplainedElements;
import io.qtrace.job.policy.EdgeKind;
import io.qtrace.lut.LayerNames;
import io.qtrace.tensor.DType;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class TestClassifier {
  private static final Classifier CLASSIFIER = new Classifier(Operations.KNOWN);

  /** Explains tensors whose names contain a text. */
  private record Named(EdgeKind kind, String text) implements Operation {
    @Override
    public String description() {
      return "changes " + text;
    }

    @Override
    public UnexplainedElements unexplained(TensorComparison changed, Step step) {
      return changed.name().contains(text) ? UnexplainedElements.NONE : changed.changedElements();
    }

    @Override
    public String conclusion(long changed, long all) {
      return description();
    }
  }

  private static Named named(String kind, String text) {
    return new Named(new EdgeKind(kind), text);
  }

  /** Tensors of three elements each. */
  private static ArrayCheckpoint model(String... names) {
    ArrayCheckpoint model = new ArrayCheckpoint(Map.of());
    for (String name : names) {
      model = model.with(name, ArrayTensor.of(new float[] {0.1f, 0.2f, 0.3f}, 3));
    }
    return model;
  }

  private static ArrayCheckpoint changed(ArrayCheckpoint model, String... names) {
    ArrayCheckpoint changed = model;
    for (String name : names) {
      changed = changed.damaged(name, 1);
    }
    return changed;
  }

  private static Classifier.Outcome classify(
      List<? extends Operation> operations, ArrayCheckpoint parent, ArrayCheckpoint child) {
    return new Classifier(new Operations(List.copyOf(operations)))
        .classify(StepOfArrays.of(parent, child));
  }

  private static Map<String, Integer> costs(Classifier.Outcome outcome) {
    return outcome.fits().stream()
        .collect(Collectors.toMap(fit -> fit.operation().kind().label(), Classifier.Fit::cost));
  }

  // Trainers drop indices, so their initial state has more of them.
  @Test
  void anAdapterThatMovedNothingWasAddedAndNotMerged() {
    ArrayCheckpoint initial = Layers.initial();
    ArrayCheckpoint adapted =
        RecipeTools.withAdapter(initial, layer -> true, false, new Random(20261127));
    for (LayerNames layer : Layers.ALL) {
      adapted = adapted.without(layer.indices());
    }
    assertThat(CLASSIFIER.classify(StepOfArrays.ofFacts(initial, adapted)).kind())
        .isEqualTo(Adapter.KIND);
    assertThat(CLASSIFIER.classify(StepOfArrays.ofFacts(adapted, initial)).kind())
        .isNotEqualTo(MergeLora.KIND);
  }

  @Test
  void adaptersMayTrainTogetherWithScales() {
    ArrayCheckpoint initial = Layers.initial();
    ArrayCheckpoint trained =
        RecipeTools.withAdapter(
            Layers.trainedScales(initial, 1), layer -> true, false, new Random(20261127));
    Classifier.Outcome outcome = CLASSIFIER.classify(StepOfArrays.of(initial, trained));
    assertThat(outcome.kind()).isEqualTo(Train.KIND);
    assertThat(outcome.unexplained()).isZero();
  }

  // Facts have all numbers of small tensors.
  @Test
  void aCastOfASiblingThatTrainingMovedByAFewUlpIsNoCast() {
    ArrayCheckpoint one = Layers.initial();
    String magnitude = Layers.MLP.magnitude();
    ArrayCheckpoint sibling = one.with(magnitude, 0, 6.03125); // to the next number of bfloat16
    ArrayCheckpoint half = Layers.cast(sibling, DType.BFLOAT16);
    assertThat(CLASSIFIER.classify(StepOfArrays.ofFacts(sibling, half)).best().orElseThrow().cost())
        .isZero();
    assertThat(CLASSIFIER.classify(StepOfArrays.ofFacts(one, half)).best().orElseThrow().cost())
        .isEqualTo(1);
  }

  @Test
  void ranksOperationsByTheTensorsThatTheyLeaveUnexplained() {
    ArrayCheckpoint model = model("a1", "a2", "a3", "a4", "b1", "c1");
    Classifier.Outcome outcome =
        classify(
            List.of(named("none", "x"), named("b", "b"), named("a", "a"), named("c", "c")),
            model,
            changed(model, "a1", "a2", "a3", "a4", "b1"));
    assertThat(costs(outcome)).isEqualTo(Map.of("none", 5, "b", 4, "a", 1, "c", 5));
    assertThat(outcome.fits())
        .extracting(fit -> fit.operation().kind().label())
        .containsExactly("none", "b", "a", "c");
    assertThat(outcome.kind()).isEqualTo(new EdgeKind("a"));
    assertThat(outcome.unexplained()).isEqualTo(1);
    assertThat(outcome.changed()).isEqualTo(5);
    assertThat(outcome.best().orElseThrow().unexplained())
        .containsExactly(new Classifier.Unexplained("b1", UnexplainedElements.of(1, 1)));
  }

  @Test
  void theFirstOfEqualsIsTaken() {
    ArrayCheckpoint model = model("a1", "a2");
    ArrayCheckpoint child = changed(model, "a1", "a2");
    Named one = named("one", "a");
    Named other = named("other", "a");
    assertThat(classify(List.of(one, other), model, child).kind()).isEqualTo(one.kind());
    assertThat(classify(List.of(other, one), model, child).kind()).isEqualTo(other.kind());
  }

  @Test
  void lessThanAThirdOfTheChangesMayBeExceptions() {
    ArrayCheckpoint model = model("a1", "a2", "a3", "a4", "a5", "b1", "b2");
    List<Named> operations = List.of(named("train", "a"));
    Classifier.Outcome third =
        classify(operations, model, changed(model, "a1", "a2", "a3", "a4", "a5", "b1", "b2"));
    assertThat(third.kind()).isEqualTo(new EdgeKind("train"));
    assertThat(third.unexplained()).isEqualTo(2);
    Classifier.Outcome more =
        classify(operations, model, changed(model, "a1", "a2", "a3", "a4", "b1", "b2"));
    assertThat(more.kind()).isEqualTo(EdgeKind.UNKNOWN);
    assertThat(more.best().orElseThrow().operation().kind()).isEqualTo(new EdgeKind("train"));
    assertThat(more.unexplained()).isEqualTo(2);
  }

  @Test
  void nothingIsBestWhereNoOperationExplainsAnything() {
    ArrayCheckpoint model = model("a1", "b1");
    Classifier.Outcome outcome =
        classify(List.of(named("train", "x")), model, changed(model, "a1", "b1"));
    assertThat(outcome.kind()).isEqualTo(EdgeKind.UNKNOWN);
    assertThat(outcome.best()).isEmpty();
    assertThat(outcome.unexplained()).isEqualTo(2);
  }

  @Test
  void roundingCountsAgainstOperationsThatDoNotCast() {
    ArrayCheckpoint model = model("a1", "a2", "b1");
    ArrayCheckpoint child =
        changed(model, "a1", "a2").with("b1", model.tensor("b1").as(DType.FLOAT16));
    Classifier.Outcome outcome =
        classify(List.of(named("a", "a"), named("all", ""), new Cast()), model, child);
    assertThat(costs(outcome)).isEqualTo(Map.of("a", 1, "all", 0, "cast", 2));
    Classifier.Fit fit = outcome.fits().get(0);
    assertThat(fit.rounded()).isEqualTo(1);
    assertThat(fit.unexplained()).isEmpty();
    assertThat(fit.isComplete()).isFalse();
    assertThat(outcome.changed()).isEqualTo(2);
  }

  @Test
  void anExactCastCountsAgainstCopiesAlone() {
    ArrayCheckpoint model = model("a1").with("b1", ArrayTensor.of(new float[] {0.5f, -2}, 2));
    ArrayCheckpoint child = changed(model, "a1").with("b1", model.tensor("b1").as(DType.FLOAT16));
    Classifier.Outcome outcome = classify(List.of(named("a", "a"), new Copy()), model, child);
    assertThat(costs(outcome)).isEqualTo(Map.of("a", 0, "copy", 2));
    assertThat(outcome.kind()).isEqualTo(new EdgeKind("a"));
  }

  @Test
  void theSameContentIsACopy() {
    Classifier.Outcome outcome =
        CLASSIFIER.classify(StepOfArrays.of(Layers.initial(), Layers.initial()));
    assertThat(outcome.kind()).isEqualTo(Copy.KIND);
    assertThat(outcome.best().orElseThrow().operation()).isInstanceOf(Copy.class);
    assertThat(outcome.changed()).isZero();
    assertThat(outcome.unexplained()).isZero();
  }

  @Test
  void zerosOfAnotherSignAreTheSameContent() {
    ArrayCheckpoint model = Layers.initial().with("zero", ArrayTensor.of(new float[] {0}, 1));
    ArrayCheckpoint child = model.with("zero", ArrayTensor.of(new float[] {-0f}, 1));
    assertThat(CLASSIFIER.classify(StepOfArrays.of(model, child)).kind()).isEqualTo(Copy.KIND);
  }

  @Test
  void anotherDtypeWithTheSameNumbersIsACast() {
    ArrayCheckpoint model = Layers.initial();
    String indices = Layers.MLP.indices();
    ArrayCheckpoint child = model.with(indices, model.tensor(indices).as(DType.INT64));
    Classifier.Outcome outcome = CLASSIFIER.classify(StepOfArrays.of(model, child));
    assertThat(outcome.kind()).isEqualTo(Cast.KIND);
    assertThat(outcome.changed()).isZero();
    assertThat(outcome.unexplained()).isZero();
  }

  @Test
  void anExportInHalfPrecisionThatIsReadAsFloat32IsACast() {
    ArrayTensor norm = ArrayTensor.of(new float[] {0.1f, 0.2f}, 2);
    ArrayCheckpoint layers = Layers.cast(Layers.initial(), DType.FLOAT16);
    ArrayCheckpoint export = layers.with("model.norm.weight", norm);
    ArrayCheckpoint wide = Layers.cast(layers, DType.FLOAT32).with("model.norm.weight", norm);
    assertThat(CLASSIFIER.classify(StepOfArrays.of(export, wide)).kind()).isEqualTo(Cast.KIND);
  }

  @Test
  void aTrainingThatReadsAnExportInHalfPrecisionIsATraining() {
    ArrayCheckpoint export = Layers.cast(Layers.initial(), DType.FLOAT16);
    ArrayCheckpoint child = Layers.trained(Layers.cast(export, DType.FLOAT32), 3);
    Classifier.Outcome outcome =
        new Classifier(Operations.KNOWN).classify(StepOfArrays.ofFacts(export, child));
    assertThat(outcome.kind()).isEqualTo(Train.KIND);
    assertThat(outcome.cost()).isZero();
  }

  @Test
  void aTrainingThatAlsoNarrowsIndicesIsATraining() {
    ArrayCheckpoint model = Layers.initial();
    ArrayCheckpoint child = Layers.trained(model, 21);
    for (LayerNames layer : Layers.ALL) {
      child = child.with(layer.indices(), child.tensor(layer.indices()).as(DType.UINT8));
    }
    Classifier.Outcome outcome = CLASSIFIER.classify(StepOfArrays.of(model, child));
    assertThat(outcome.kind()).isEqualTo(Train.KIND);
    assertThat(outcome.unexplained()).isZero();
  }

  @Test
  void aBugOfTrainingThatMovesQuantizedBuffersIsStillATraining() {
    ArrayCheckpoint model = Layers.initial();
    ArrayCheckpoint child = Layers.trained(model, 22).damaged(Layers.MLP.quantized(), 3);
    Classifier.Outcome outcome = CLASSIFIER.classify(StepOfArrays.of(model, child));
    assertThat(outcome.kind()).isEqualTo(Train.KIND);
    assertThat(outcome.best().orElseThrow().unexplained())
        .containsExactly(
            new Classifier.Unexplained(Layers.MLP.quantized(), UnexplainedElements.of(1, 3)));
  }

  // Before any data of the two is compared.
  @Test
  void indicesInAWiderTypeAreTheSame() {
    for (long seed = 1; seed <= 20; seed++) {
      Random random = new Random(seed);
      ArrayCheckpoint narrow = withIndices(RandomModel.of(random), DType.UINT8);
      ArrayCheckpoint trained = withIndices(narrow, DType.INT16);
      for (LayerNames layer : trained.layers()) {
        float[] deltas = Layers.positive(random, 8);
        trained = trained.with(layer.deltas(), ArrayTensor.of(deltas, deltas.length));
      }
      Classifier.Outcome outcome = CLASSIFIER.classify(StepOfArrays.ofFacts(narrow, trained));
      assertThat(outcome.kind()).isEqualTo(Train.KIND);
      assertThat(outcome.cost()).isZero();
      String indices = trained.layers().get(0).indices();
      ArrayTensor moved = trained.tensor(indices);
      double other = moved.values()[0] == 0 ? 1 : 0;
      assertThat(
              CLASSIFIER
                  .classify(
                      StepOfArrays.ofFacts(narrow, trained.with(indices, moved.with(0, other))))
                  .cost())
          .isEqualTo(1);
    }
  }

  private static ArrayCheckpoint withIndices(ArrayCheckpoint model, DType dtype) {
    ArrayCheckpoint other = model;
    for (LayerNames layer : model.layers()) {
      ArrayTensor indices = model.tensor(layer.indices());
      other =
          other.with(
              layer.indices(), new ArrayTensor(dtype, indices.shape(), indices.values().clone()));
    }
    return other;
  }

  // Its extremes are those of the weight, so that in few bits it may look like that, rounded.
  @Test
  void anExportInFewBitsIsOneBeforeItsDataIsRead() {
    for (RandomChain.Link link : RandomChain.links(1, Dequantize.KIND, 30)) {
      LayerNames layer = link.parent().layers().get(0);
      ArrayTensor narrow = link.parent().tensor(layer.weight()).as(DType.BFLOAT16);
      Classifier.Outcome outcome =
          CLASSIFIER.classify(
              StepOfArrays.ofFacts(link.parent(), link.child().with(layer.weight(), narrow)));
      assertThat(outcome.kind()).isEqualTo(Dequantize.KIND);
    }
  }

  // A tool writes one table into many layers.
  @Test
  void aTableOfManyLayersIsInventedOnce() {
    for (RandomChain.Link link : RandomChain.links(1, ReplaceLut.KIND, 30)) {
      Set<List<Double>> tables = tables(link.child());
      tables.removeAll(tables(link.parent()));
      assertThat(CLASSIFIER.classify(StepOfArrays.ofFacts(link.parent(), link.child())).invented())
          .isEqualTo(tables.size());
    }
  }

  private static Set<List<Double>> tables(ArrayCheckpoint model) {
    return model.layers().stream()
        .map(layer -> Arrays.stream(model.tensor(layer.lut()).values()).boxed().toList())
        .collect(Collectors.toCollection(HashSet::new));
  }
}
