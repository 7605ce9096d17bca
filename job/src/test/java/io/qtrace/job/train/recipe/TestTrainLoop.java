package io.qtrace.job.train.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.qtrace.job.Sample;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Runs of the recipe against what real PyTorch 2.11 did on a CPU with AVX-512. The factored form
 * has stairs: where the last place of a value decides which float16 it is rounded to, a loss jumps
 * by some 1e-4, and comes back with the next. The recipe in PyTorch itself, against the same
 * numbers:
 *
 * <table>
 *   <caption>Farthest loss (norm), relative</caption>
 *   <tr><th>run</th><th>the same kernels</th><th>its other ones</th><th>here</th></tr>
 *   <tr><td>debug</td><td>2.3e-5</td><td>2.3e-4 to 1.0e-3</td><td>3.7e-4</td></tr>
 *   <tr><td>LUT only</td><td>7.3e-7</td><td>8.3e-6 to 1.8e-3</td><td>8.1e-4</td></tr>
 *   <tr><td>padding</td><td>1.6e-4 (1.2e-3)</td><td>2.3e-4 to 7.0e-4 (5.5e-4 to 3.1e-3)</td>
 *       <td>3.2e-4 (1.5e-3)</td></tr>
 * </table>
 *
 * Its other kernels are those of 2.11 and 2.13 for AVX2, for any CPU, and for a GPU, its matrix
 * products in another order ({@code MKL_CBWR=COMPATIBLE}), and attention in plain operations, all
 * that DJL has. So no bound of 2e-4 holds for every loss; here it holds for most and for the mean,
 * and each run has a bound of its own. {@code scripts/bench/recipe_losses.py} tells PyTorch's
 * figures.
 */
class TestTrainLoop {
  private static final double LOSS_TOLERANCE = 2e-4; // of most losses and of their mean
  private static final double NORM_TOLERANCE = 1e-3; // of most norms
  private static final double MOST = 0.8;
  private static final double END_TOLERANCE = 1e-4;

  static List<Runs> all() {
    return List.of(Runs.debug(), Runs.frozenLut(), Runs.lutOnly(), Runs.strong());
  }

  @ParameterizedTest
  @MethodSource("all")
  void gradientsOfTheFirstStepAreThoseOfPyTorch(Runs run) throws IOException {
    try (Replica replica = run.replica(Forward.FACTORED, Precision.FLOAT32)) {
      List<Batch> batches = run.microBatches(0);
      Map<String, HostTensor> gradients = replica.named(replica.gradients(batches, batches.size()));
      Map<String, HostTensor> golden = Goldens.read(Goldens.file(run.name() + ".grads_step1.pt"));

      assertThat(gradients).containsOnlyKeys(golden.keySet()).hasSize(run.trainedTensors());
      golden.forEach(
          (name, expected) ->
              assertThat(Goldens.relativeDistance(gradients.get(name), expected))
                  .as(name)
                  .isLessThan(1e-4));
    }
  }

  /** Queries, keys and values are one product there, gate and up another. */
  @ParameterizedTest
  @MethodSource("all")
  void gradientsOfTheMaterializedFormAreCloseToThoseOfPyTorch(Runs run) throws IOException {
    try (Replica replica = run.replica(Forward.MATERIALIZED, Precision.FLOAT32)) {
      List<Batch> batches = run.microBatches(0);
      Map<String, HostTensor> gradients = replica.named(replica.gradients(batches, batches.size()));

      assertThat(Goldens.read(Goldens.file(run.name() + ".grads_step1.pt")))
          .hasSize(run.trainedTensors())
          .allSatisfy(
              (name, expected) ->
                  assertThat(Goldens.relativeDistance(gradients.get(name), expected))
                      .as(name)
                      .isLessThan(3e-2));
    }
  }

  @Test
  void layerThatIsNotQuantizedTakesPartNextToQuantizedOnes() throws IOException {
    // Without _Q and _indices a layer has its float weight: no product is shared in its block.
    Tensors initial = Goldens.initial();
    String plain = Projection.KEY.layer(0).layer();
    String other = Projection.UP.layer(1).layer();
    Tensors tensors =
        name ->
            name.matches("(" + plain + "|" + other + ")\\.(_Q|_indices)")
                ? Optional.empty()
                : initial.find(name);
    List<Batch> batches = Runs.debug().microBatches(0);
    double[] losses = new double[2];
    for (Forward forward : Forward.values()) {
      Recipe recipe = Runs.debug().recipe(forward, Precision.FLOAT32);
      try (Replica replica = Replica.load(Goldens.config(), tensors, recipe, "cpu")) {
        losses[forward.ordinal()] = replica.step(batches).loss();
        assertThat(replica.trained().keySet())
            .noneMatch(name -> name.startsWith(plain) || name.startsWith(other))
            .hasSize(4 * 12); // of 12 layers
      }
    }
    assertThat(losses[1]).isCloseTo(losses[0], within(5e-3 * losses[0]));
    assertThat(Math.abs(losses[0] - 0.122909)).isGreaterThan(1e-4); // that of all quantized
  }

  @Test
  void debugRunIsThatOfPyTorch() throws IOException {
    Path end = Sample.RUNS.resolve("debug_lut_training/checkpoint_step20.pt");
    assertLikePyTorch(Runs.debug(), 4e-4, 1e-3, end);
  }

  @Test
  void runWithFrozenLutIsThatOfPyTorch() throws IOException {
    Path end = Goldens.file("debug_head_fp32_step20.pt");
    assertLikePyTorch(Runs.frozenLut(), 4e-4, 1e-3, end);
  }

  @Test
  void runOfTheLutOnlyIsThatOfPyTorch() throws IOException {
    assertLikePyTorch(Runs.lutOnly(), 9e-4, 1e-3, Goldens.file("lutonly_fp32_step10.pt"));
  }

  @Test
  void runWithPaddingAccumulationDecayAndHardLabelsIsThatOfPyTorch() throws IOException {
    assertLikePyTorch(Runs.strong(), 4e-4, 2e-3, Goldens.file("strong_fp32_step6.pt"));
  }

  /** The recipe's own evaluation, after a run that moved scales and LUT off their start. */
  @Test
  void lossOfATrainedCheckpointIsThatOfPyTorch() throws IOException {
    Path folder = Sample.RUNS.resolve("debug_lut_training");
    double golden =
        new ObjectMapper()
            .readTree(folder.resolve("config.json").toFile())
            .get("final_loss")
            .doubleValue();
    Tensors trained = Goldens.source(Goldens.read(folder.resolve("checkpoint_step20.pt")));
    Recipe recipe = Runs.debug().recipe(Forward.FACTORED, Precision.FLOAT32);
    try (Replica replica = Replica.load(Goldens.config(), trained, recipe, "cpu")) {
      assertThat(replica.evaluate(Runs.debug().microBatches(0)))
          .isCloseTo(golden, within(1e-5 * golden));
    }
  }

  @ParameterizedTest
  @MethodSource("all")
  void materializedFormIsCloseToPyTorch(Runs run) throws IOException {
    try (Replica replica = run.replica(Forward.MATERIALIZED, Precision.FLOAT32)) {
      assertClose(losses(run.train(replica)), run.goldenLosses(), 5e-3);
    }
  }

  @Test
  void mixedPrecisionIsCloseToPyTorchWithAutocast() throws IOException {
    Runs run = Runs.debug().withName("debug_bf16");
    try (Replica replica = run.replica(Forward.FACTORED, Precision.MIXED)) {
      List<Double> losses = losses(run.train(replica));

      assertClose(losses, run.goldenLosses(), 6e-2);
      assertThat(mean(losses)).isCloseTo(mean(run.goldenLosses()), within(2e-2 * mean(losses)));
    }
  }

  @Test
  void mixedPrecisionRoundsTheOperandsOfProducts() throws IOException {
    List<Batch> batches = Runs.debug().microBatches(0);
    double rounded;
    double exact;
    try (Replica replica = Runs.debug().replica(Forward.MATERIALIZED, Precision.MIXED)) {
      rounded = replica.evaluate(batches);
    }
    try (Replica replica = Runs.debug().replica(Forward.MATERIALIZED, Precision.FLOAT32)) {
      exact = replica.evaluate(batches);
    }

    assertThat(Math.abs(rounded - exact) / exact).isBetween(1e-5, 6e-2);
  }

  @ParameterizedTest
  @EnumSource
  void stepsLeaveNoArraysOpen(Forward forward) throws IOException {
    Runs run = Runs.strong();
    for (Precision precision : Precision.values()) {
      try (Replica replica = run.replica(forward, precision)) {
        replica.step(run.microBatches(0));
        int open = openArrays();
        replica.step(run.microBatches(1));
        replica.evaluate(run.microBatches(0));
        replica.apply(replica.gradients(run.microBatches(0), 2));
        replica.restore(replica.state());
        replica.trained();

        assertThat(openArrays()).isEqualTo(open);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void closedReplicaLeavesNoArraysOpen(Forward forward) throws IOException {
    int open = openArrays();
    try (Replica replica = Runs.debug().replica(forward, Precision.MIXED)) {
      replica.step(Runs.debug().microBatches(0));
      assertThat(openArrays()).isGreaterThan(open);
    }

    assertThat(openArrays()).isEqualTo(open);
  }

  @Test
  void failedReplicaLeavesNoArraysOpen() throws IOException {
    Tensors initial = Goldens.initial();
    Tensors tensors =
        name -> name.endsWith(".1.mlp.up_proj.scale_A") ? Optional.empty() : initial.find(name);
    Recipe recipe = Runs.debug().recipe(Forward.MATERIALIZED, Precision.FLOAT32);
    int open = openArrays();

    assertThatThrownBy(() -> Replica.load(Goldens.config(), tensors, recipe, "cpu"))
        .hasMessage("Invalid checkpoint: no tensor 'model.layers.1.mlp.up_proj.scale_A'");
    assertThat(openArrays()).isEqualTo(open);
    try (Replica replica = Runs.debug().replica(Forward.MATERIALIZED, Precision.FLOAT32)) {
      replica.step(Runs.debug().microBatches(0));
      int before = openArrays();
      Batch good = Runs.debug().microBatches(0).get(0);
      int[] topk = good.topkIdx().clone();
      topk[3] = 256;
      Batch bad =
          new Batch(2, 24, 16, good.inputIds(), good.attentionMask(), topk, good.topkLogits());
      assertThatThrownBy(() -> replica.step(List.of(good, bad)))
          .hasMessage("Invalid token: topk_idx has 256 at element 3, expected 0 to 255");
      assertThat(openArrays()).isEqualTo(before);
    }
  }

  // All of this JVM: every manager is below the engine's own.
  private static int openArrays() {
    try (NDManager manager = PyTorchEngine.load().newBaseManager(Device.cpu())) {
      return manager.getParentManager().getManagedArrays().size();
    }
  }

  @Test
  void restoredReplicaContinuesAsIfNeverStopped() throws IOException {
    Runs run = Runs.strong();
    try (Replica through = run.replica(Forward.MATERIALIZED, Precision.FLOAT32);
        Replica resumed = run.replica(Forward.MATERIALIZED, Precision.FLOAT32)) {
      through.step(run.microBatches(0));
      through.step(run.microBatches(1));
      resumed.restore(through.state());
      through.step(run.microBatches(2));
      resumed.step(run.microBatches(2));

      assertThat(resumed.steps()).isEqualTo(3);
      assertThat(resumed.trained()).containsOnlyKeys(through.trained().keySet());
      assertThat(through.trained())
          .hasSize(run.trainedTensors())
          .allSatisfy(
              (name, tensor) ->
                  assertThat(resumed.trained().get(name).floats())
                      .as(name)
                      .isEqualTo(tensor.floats()));
    }
  }

  @Test
  void replicasThatShareTheMicroBatchesStepAsOne() throws IOException {
    Runs run = Runs.strong();
    try (Replica one = run.replica(Forward.MATERIALIZED, Precision.FLOAT32);
        Replica first = run.replica(Forward.MATERIALIZED, Precision.FLOAT32);
        Replica second = run.replica(Forward.MATERIALIZED, Precision.FLOAT32)) {
      for (int step = 0; step < 3; step++) {
        List<Batch> batches = run.microBatches(step);
        StepOutcome alone = one.step(batches);
        Gradients sum =
            first
                .gradients(batches.subList(0, 1), 2)
                .plus(second.gradients(batches.subList(1, 2), 2));
        StepOutcome together = first.apply(sum);
        second.apply(sum);

        assertThat(together.losses()).hasSize(2);
        assertThat(together.loss()).isCloseTo(alone.loss(), within(1e-5));
        assertThat(together.gradientNorm())
            .isCloseTo(alone.gradientNorm(), within(1e-4 * alone.gradientNorm()));
      }
    }
  }

  /** The first moments of the first step are a tenth of the clipped gradients. */
  @ParameterizedTest
  @MethodSource("all")
  void gradientsOfAllGroupsTogetherAreClipped(Runs run) throws IOException {
    double clip = 1e-3;
    LrSchedule rates = new LrSchedule(1e-3, 1e-2, 0, 0, 10, 0.1, clip);
    Runs clipped = new Runs(run.name(), run.trained(), rates, run.objective(), run.padded());
    try (Replica replica = clipped.replica(Forward.MATERIALIZED, Precision.FLOAT32)) {
      StepOutcome outcome = replica.step(run.microBatches(0));
      double squares = 0;
      for (HostTensor moment : replica.state().firstMoments().values()) {
        for (float value : moment.floats()) {
          squares += (double) value * value;
        }
      }

      double norm = outcome.gradientNorm();
      assertThat(norm).isGreaterThan(10 * clip);
      assertThat(Math.sqrt(squares))
          .isCloseTo(0.1 * clip * norm / (norm + 1e-6), within(1e-7 * clip));
    }
  }

  @ParameterizedTest
  @CsvSource({"NONE, 0, 0", "ALL, 8, 6", "MLP, 0, 6", "ATTN, 8, 0"})
  void scopeDecidesWhoseLutTrains(LutScope scope, int attention, int mlp) throws IOException {
    Runs run = Runs.debug();
    Recipe recipe =
        new Recipe(
            new TrainableParameters(true, scope, 2),
            run.rates(),
            run.objective(),
            Forward.MATERIALIZED,
            Precision.FLOAT32);
    try (Replica replica = Replica.load(Goldens.config(), Goldens.initial(), recipe, "cpu")) {
      replica.step(run.microBatches(0));
      List<String> deltas =
          replica.trained().keySet().stream()
              .filter(name -> name.endsWith("._lut_raw_deltas"))
              .toList();

      assertThat(deltas).filteredOn(name -> name.contains(".self_attn.")).hasSize(attention);
      assertThat(deltas).filteredOn(name -> name.contains(".mlp.")).hasSize(mlp);
    }
  }

  @Test
  void hardLabelWeightsAddUp() throws IOException {
    Runs run = Runs.strong();
    assertThat(evaluation(run, new DistillationLossConfig(2, 0, 0.2)))
        .isEqualTo(evaluation(run, new DistillationLossConfig(2, 0.2, 0)));
    assertThat(evaluation(run, new DistillationLossConfig(2, 0.1, 0.1)))
        .isCloseTo(evaluation(run, new DistillationLossConfig(2, 0.2, 0)), within(1e-6));
  }

  @Test
  void unusedLutIsAnError() throws IOException {
    // All weights of the MLP's output are zero where its magnitudes nearly cancel the 1e-6.
    Map<String, HostTensor> dead = new HashMap<>();
    for (int block = 0; block < Goldens.config().layers(); block++) {
      String name = Projection.DOWN.layer(block).magnitude();
      HostTensor magnitude = Goldens.initial().find(name).orElseThrow();
      float[] cancelled = new float[magnitude.floats().length];
      Arrays.fill(cancelled, -1e-6f);
      dead.put(name, HostTensor.of(magnitude.shape(), cancelled));
    }
    Runs run =
        new Runs(
            "",
            new TrainableParameters(false, LutScope.MLP, 2),
            Runs.debug().rates(),
            Runs.debug().objective(),
            false);
    Tensors tensors = Goldens.source(dead).orElse(Goldens.initial());
    Recipe recipe = run.recipe(Forward.MATERIALIZED, Precision.FLOAT32);
    try (Replica replica = Replica.load(Goldens.config(), tensors, recipe, "cpu")) {
      assertThatThrownBy(() -> replica.step(run.microBatches(0)))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage(
              "Cannot train the LUT: no gradient reached it in the first step, expected one in each"
                  + " group that trains");
    }
  }

  @Test
  void checkpointWithoutQuantizedLayersIsAnError() {
    Recipe recipe = Runs.debug().recipe(Forward.MATERIALIZED, Precision.FLOAT32);

    assertThatThrownBy(() -> Replica.load(Goldens.config(), Goldens.teacher(), recipe, "cpu"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "Cannot train the scales: the checkpoint has no quantized layer (no ._Q or ._indices)"
                + " in its scope");
  }

  @Test
  void indexOutsideTheLutIsAnError() throws IOException {
    String name = Projection.KEY.layer(0).indices();
    HostTensor indices = Goldens.initial().find(name).orElseThrow();
    HostTensor damaged = copy(indices);
    damaged.bytes().putLong(5 * Long.BYTES, 16);
    Tensors tensors = Goldens.source(Map.of(name, damaged)).orElse(Goldens.initial());
    Recipe recipe = Runs.debug().recipe(Forward.MATERIALIZED, Precision.FLOAT32);

    assertThatThrownBy(() -> Replica.load(Goldens.config(), tensors, recipe, "cpu"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Invalid index: " + name + " has 16 at element 5, expected 0 to 15");
  }

  @Test
  void missingTensorIsAnError() throws IOException {
    Tensors initial = Goldens.initial();
    Tensors tensors =
        name -> name.equals("model.norm.weight") ? Optional.empty() : initial.find(name);
    Recipe recipe = Runs.debug().recipe(Forward.MATERIALIZED, Precision.FLOAT32);

    assertThatThrownBy(() -> Replica.load(Goldens.config(), tensors, recipe, "cpu"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Invalid checkpoint: no tensor 'model.norm.weight'");
  }

  private static void assertLikePyTorch(
      Runs run, double farthestLoss, double farthestNorm, Path end) throws IOException {
    try (Replica replica = run.replica(Forward.FACTORED, Precision.FLOAT32)) {
      List<StepOutcome> outcomes = run.train(replica);
      List<Double> losses = losses(outcomes);

      assertClose(losses.subList(0, 2), run.goldenLosses().subList(0, 2), 1e-5);
      assertClose(losses, run.goldenLosses(), farthestLoss);
      assertThat(shareWithin(losses, run.goldenLosses(), LOSS_TOLERANCE))
          .isGreaterThanOrEqualTo(MOST);
      assertThat(mean(losses))
          .isCloseTo(mean(run.goldenLosses()), within(LOSS_TOLERANCE * mean(run.goldenLosses())));
      List<Double> norms = outcomes.stream().map(StepOutcome::gradientNorm).toList();
      assertClose(norms, run.goldenNorms(), farthestNorm);
      assertThat(shareWithin(norms, run.goldenNorms(), NORM_TOLERANCE))
          .isGreaterThanOrEqualTo(MOST);
      for (int step = 0; step < outcomes.size(); step++) {
        assertRates(run, outcomes.get(step), run.goldenRates(step));
      }
      Map<String, HostTensor> golden = Goldens.read(end);
      assertThat(replica.trained())
          .hasSize(run.trainedTensors())
          .allSatisfy(
              (name, tensor) ->
                  assertThat(Goldens.maxDifference(tensor, golden.get(name)))
                      .as(name)
                      .isLessThan(END_TOLERANCE));
    }
  }

  private static void assertRates(Runs run, StepOutcome outcome, List<Double> golden) {
    List<Double> rates = new ArrayList<>();
    if (run.trained().scales()) {
      rates.add(outcome.lr());
    }
    if (run.trained().lutScope() != LutScope.NONE) {
      rates.add(outcome.lutLr());
    }
    assertClose(rates, golden, 1e-12);
  }

  private static void assertClose(List<Double> actual, List<Double> golden, double tolerance) {
    assertThat(actual).hasSameSizeAs(golden);
    for (int i = 0; i < golden.size(); i++) {
      assertThat(actual.get(i))
          .as("element %d", i)
          .isCloseTo(golden.get(i), within(tolerance * golden.get(i)));
    }
  }

  private static double shareWithin(List<Double> actual, List<Double> golden, double tolerance) {
    int within = 0;
    for (int i = 0; i < golden.size(); i++) {
      within += Math.abs(actual.get(i) - golden.get(i)) <= tolerance * golden.get(i) ? 1 : 0;
    }
    return (double) within / golden.size();
  }

  private static double evaluation(Runs run, DistillationLossConfig objective) throws IOException {
    Recipe recipe =
        new Recipe(run.trained(), run.rates(), objective, Forward.MATERIALIZED, Precision.FLOAT32);
    try (Replica replica = Replica.load(Goldens.config(), Goldens.initial(), recipe, "cpu")) {
      return replica.evaluate(run.microBatches(0));
    }
  }

  private static List<Double> losses(List<StepOutcome> outcomes) {
    return outcomes.stream().flatMap(outcome -> outcome.losses().stream()).toList();
  }

  private static double mean(List<Double> values) {
    return values.stream().mapToDouble(Double::doubleValue).average().orElseThrow();
  }

  private static HostTensor copy(HostTensor tensor) {
    ByteBuffer bytes = ByteBuffer.allocateDirect(tensor.bytes().remaining());
    bytes.put(tensor.bytes()).flip();
    return new HostTensor(tensor.dtype(), tensor.shape(), bytes);
  }
}
