package io.qtrace.job.operations;

import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.job.compare.TensorComparison;
import io.qtrace.job.compare.UnexplainedElements;
import io.qtrace.job.policy.EdgeKind;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/**
 * What every operation must do with examples of it: explain them fully, leave them to nobody else,
 * and report one element that is not its own work, at its index.
 */
abstract class OperationConformance {
  private static final Classifier CLASSIFIER = new Classifier(Operations.KNOWN);
  private static final int PLACES = 4; // elements damaged of each tensor, one at a time

  /** Two checkpoints, the second made from the first by the operation. */
  record Example(ArrayCheckpoint parent, ArrayCheckpoint child) {}

  abstract Operation operation();

  /** By a name for people. */
  abstract Map<String, Example> examples();

  /** Whether any number is one that the operation may have made of a tensor. */
  boolean trains(TensorComparison tensor) {
    return false;
  }

  /** Operations whose examples these are too, by the documentation of {@link Operations}. */
  Set<EdgeKind> ties() {
    return Set.of();
  }

  /**
   * The child with one damaged element, so that nothing but the operation's own rule reports it.
   */
  ArrayCheckpoint damaged(Example example, String tensor, int index) {
    return example.child().damaged(tensor, index);
  }

  @Test
  void explainsItsExamplesFully() {
    examples()
        .forEach(
            (name, example) -> {
              Classifier.Outcome outcome =
                  CLASSIFIER.classify(StepOfArrays.of(example.parent(), example.child()));
              assertThat(fit(outcome, operation().kind()).unexplained()).as(name).isEmpty();
              assertThat(fit(outcome, operation().kind()).isComplete()).as(name).isTrue();
              assertThat(outcome.kind()).as(name).isEqualTo(operation().kind());
              assertThat(outcome.unexplained()).as(name).isZero();
            });
  }

  @Test
  void isNamedFromTheFactsOfBothSidesAlone() {
    examples()
        .forEach(
            (name, example) ->
                assertThat(
                        CLASSIFIER
                            .classify(StepOfArrays.ofFacts(example.parent(), example.child()))
                            .kind())
                    .as(name)
                    .isEqualTo(operation().kind()));
  }

  @Test
  void noOtherOperationExplainsItsExamples() {
    examples()
        .forEach(
            (name, example) -> {
              Set<EdgeKind> claimed = new HashSet<>();
              CLASSIFIER
                  .classify(StepOfArrays.of(example.parent(), example.child()))
                  .fits()
                  .stream()
                  .filter(Classifier.Fit::isComplete)
                  .forEach(fit -> claimed.add(fit.operation().kind()));
              Set<EdgeKind> expected = new HashSet<>(ties());
              expected.add(operation().kind());
              assertThat(claimed).as(name).isEqualTo(expected);
            });
  }

  @Test
  void reportsOneForeignElementAtItsIndex() {
    Random random = new Random(20261125);
    examples()
        .forEach(
            (name, example) -> {
              Map<String, Integer> reported = new HashMap<>();
              Step step = StepOfArrays.of(example.parent(), example.child());
              for (TensorComparison tensor : step.pair().tensors()) {
                if (tensor.compared().isPresent() && !trains(tensor)) {
                  for (int index : places(random, (int) tensor.elements())) {
                    assertReported(name, example, tensor.name(), index);
                    reported.merge(tensor.name(), 1, Integer::sum);
                  }
                }
              }
              assertThat(reported).as(name).hasSizeGreaterThan(10);
            });
  }

  private static Set<Integer> places(Random random, int elements) {
    Set<Integer> places = new TreeSet<>(List.of(0, elements - 1));
    while (places.size() < Math.min(PLACES, elements)) {
      places.add(random.nextInt(elements));
    }
    return places;
  }

  private void assertReported(String name, Example example, String tensor, int index) {
    Step step = StepOfArrays.of(example.parent(), damaged(example, tensor, index));
    UnexplainedElements found = operation().unexplained(step.tensor(tensor).orElseThrow(), step);
    assertThat(found)
        .as("%s: %s[%d] of the child is damaged", name, tensor, index)
        .isEqualTo(UnexplainedElements.of(1, index));
    assertThat(fit(CLASSIFIER.classify(step), operation().kind()).unexplained())
        .as("%s: %s[%d] of the child is damaged", name, tensor, index)
        .contains(new Classifier.Unexplained(tensor, found));
  }

  @Test
  void reportsATensorThatAppears() {
    examples()
        .forEach(
            (name, example) -> {
              ArrayCheckpoint more =
                  example.child().with("model.extra", ArrayTensor.of(new float[] {1, 2, 3}, 3));
              Step step = StepOfArrays.of(example.parent(), more);
              assertThat(operation().unexplained(step.tensor("model.extra").orElseThrow(), step))
                  .as(name)
                  .isEqualTo(UnexplainedElements.of(3, 0));
            });
  }

  @Test
  void reportsATensorThatDisappears() {
    examples()
        .forEach(
            (name, example) -> {
              Step step = StepOfArrays.of(example.parent(), example.child().without(Layers.NORM));
              assertThat(operation().unexplained(step.tensor(Layers.NORM).orElseThrow(), step))
                  .as(name)
                  .isEqualTo(UnexplainedElements.of(8, 0));
            });
  }

  @Test
  void hasASectionOfThePolicyAndADescriptionOfOneLine() {
    assertThat(ArrayCheckpoint.POLICY.edges()).containsKey(operation().kind());
    assertThat(operation().description()).isNotBlank().doesNotContain("\n").hasSizeLessThan(80);
    assertThat(operation().conclusion(3, 5)).contains("3 of 5 _Q buffers").doesNotContain("\n");
    assertThat(Operations.KNOWN.of(operation().kind())).containsInstanceOf(operation().getClass());
  }

  private static Classifier.Fit fit(Classifier.Outcome outcome, EdgeKind kind) {
    return outcome.fits().stream()
        .filter(fit -> fit.operation().kind().equals(kind))
        .findFirst()
        .orElseThrow();
  }
}
