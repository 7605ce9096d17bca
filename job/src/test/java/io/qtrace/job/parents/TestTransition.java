package io.qtrace.job.parents;

import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.job.operations.ArrayCheckpoint;
import io.qtrace.job.operations.ArrayTensor;
import io.qtrace.job.operations.Classifier;
import io.qtrace.job.operations.Layers;
import io.qtrace.job.operations.Operations;
import io.qtrace.job.operations.RandomChain;
import io.qtrace.job.operations.RandomChain.Link;
import io.qtrace.job.policy.EdgeKind;
import io.qtrace.lut.LayerNames;
import io.qtrace.tensor.DType;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

/** What may lead from one checkpoint to another, by the facts of both. */
class TestTransition {
  private static final Classifier CLASSIFIER = new Classifier(Operations.KNOWN);
  private static final String ONE = "model.layers.0.";
  private static final String OTHER = "model.layers.1.";
  private static final int LINKS = 20;

  private static Transition between(ArrayCheckpoint parent, ArrayCheckpoint child) {
    return Transition.between(Node.of(parent.facts()), Node.of(child.facts()), CLASSIFIER);
  }

  private static List<Link> links(String kind) {
    return RandomChain.links(20261127, new EdgeKind(kind), LINKS);
  }

  private static ArrayCheckpoint exchanged(ArrayCheckpoint model, Predicate<String> which) {
    ArrayCheckpoint exchanged = model;
    for (String name : model.tensors().keySet()) {
      if (name.startsWith(ONE) && which.test(name)) {
        String other = name.replace(ONE, OTHER);
        exchanged = exchanged.with(name, model.tensor(other)).with(other, model.tensor(name));
      }
    }
    return exchanged;
  }

  @Test
  void decoderLayersOfAFloatModelThatWereExchangedComeFromIt() {
    for (Link link : links("quantize")) {
      assertThat(between(link.parent(), exchanged(link.parent(), name -> true)).plausible())
          .isTrue();
    }
  }

  @Test
  void weightsOfAQuantizedModelThatWereExchangedComeFromIt() {
    for (Link link : links("train")) {
      ArrayCheckpoint child = exchanged(link.child(), name -> name.endsWith("_proj.weight"));
      assertThat(between(link.parent(), child).plausible()).isTrue();
    }
  }

  @Test
  void whatIsDamagedInACopyAndNotInTheOriginalIsMended() {
    ArrayCheckpoint initial = Layers.initial();
    String quantized = Layers.MLP.quantized();
    ArrayCheckpoint stale = initial.damaged(quantized, 3);
    assertThat(between(stale, initial).mends()).isTrue();
    assertThat(between(initial, stale).mends()).isFalse();
    assertThat(between(stale, stale.without(quantized)).mends()).isFalse();
    String scale = Layers.ATTENTION.scaleA();
    ArrayCheckpoint unfinished = initial.with(scale, 0, Double.NaN);
    assertThat(between(unfinished, Layers.trainedScales(initial, 5)).mends()).isTrue();
    assertThat(between(initial, unfinished).mends()).isFalse();
    ArrayCheckpoint all = initial;
    for (LayerNames layer : Layers.ALL) {
      all = all.damaged(layer.quantized(), 0);
    }
    assertThat(between(all, initial).mends()).isFalse(); // a sync
  }

  // No byte of the two is the same.
  @Test
  void aDamagedExportInFewBitsComesFromWhatWasExported() {
    for (Link link : links("dequantize")) {
      ArrayCheckpoint narrow =
          link.child().map(tensor -> tensor.isFloat() ? tensor.as(DType.BFLOAT16) : tensor);
      Transition found = between(link.parent(), narrow.damaged("model.norm.weight", 1));
      assertThat(found.kind()).isEqualTo(new EdgeKind("dequantize"));
      assertThat(found.plausible()).isTrue();
    }
  }

  // What bfloat16 holds and float16 does not becomes 0.
  @Test
  void smallNumbersOfBfloat16AreRoundedToFloat16() {
    String weight = "model.layers.0.mlp.up_proj.weight";
    for (Link link : links("train")) {
      ArrayCheckpoint parent =
          link.child()
              .map(tensor -> tensor.isFloat() ? tensor.as(DType.BFLOAT16) : tensor)
              .with(weight, 1, 0x1p-30);
      ArrayCheckpoint child =
          parent.map(tensor -> tensor.isFloat() ? tensor.as(DType.FLOAT16) : tensor);
      Transition found = between(parent, child);
      assertThat(found.kind()).isEqualTo(new EdgeKind("cast"));
      assertThat(found.unexplained()).isZero();
    }
  }

  @Test
  void aModelWithoutItsLastLayerComesFromTheWholeOne() {
    for (Link link : links("train")) {
      ArrayCheckpoint whole = link.parent();
      ArrayCheckpoint part = whole;
      for (String name : whole.tensors().keySet()) {
        part = name.startsWith(OTHER) ? part.without(name) : part;
      }
      assertThat(between(whole, part).plausible()).isTrue();
      assertThat(between(whole, only(part, "model.embed_tokens.weight")).plausible()).isFalse();
    }
  }

  private static ArrayCheckpoint only(ArrayCheckpoint model, String name) {
    return new ArrayCheckpoint(Map.of(name, model.tensor(name)));
  }

  // Both have norms of ones, and their LUTs.
  @Test
  void aModelThatWasQuantizedFromOtherWeightsIsNotRelated() {
    for (Link link : links("quantize")) {
      ArrayCheckpoint parent = withNormsOfOnes(link.parent());
      ArrayCheckpoint child = withNormsOfOnes(link.child());
      assertThat(between(parent, child).plausible()).isTrue();
      ArrayCheckpoint other = parent;
      for (String name : parent.tensors().keySet()) {
        ArrayTensor negated = ArrayTensor.of(negated(parent.tensor(name)), sizes(parent, name));
        other = name.contains("norm") ? other : other.with(name, negated);
      }
      assertThat(between(other, child).plausible()).isFalse();
    }
  }

  private static ArrayCheckpoint withNormsOfOnes(ArrayCheckpoint model) {
    ArrayCheckpoint with = model;
    for (String name : model.tensors().keySet()) {
      float[] ones = new float[model.tensor(name).values().length];
      Arrays.fill(ones, 1);
      with = name.contains("norm") ? with.with(name, ArrayTensor.of(ones, ones.length)) : with;
    }
    return with;
  }

  private static float[] negated(ArrayTensor tensor) {
    float[] negated = tensor.floats();
    for (int i = 0; i < negated.length; i++) {
      negated[i] = -negated[i];
    }
    return negated;
  }

  private static long[] sizes(ArrayCheckpoint model, String name) {
    return model.tensor(name).shape().sizes().stream().mapToLong(Long::longValue).toArray();
  }
}
