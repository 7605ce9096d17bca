package io.qtrace.job.train.recipe;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A golden run: its settings, and the same run by us. */
record Runs(
    String name,
    TrainableParameters trained,
    LrSchedule rates,
    DistillationLossConfig objective,
    boolean padded) {
  private static final DistillationLossConfig DIVERGENCE = new DistillationLossConfig(2, 0, 0);

  static Runs debug() {
    return new Runs(
        "debug_fp32",
        new TrainableParameters(true, LutScope.ALL, 2),
        rates(2e-5, 1e-5, 20),
        DIVERGENCE,
        false);
  }

  /** The recipe's defect: the LUT got no gradient. */
  static Runs frozenLut() {
    return new Runs(
        "debug_head_fp32",
        new TrainableParameters(true, LutScope.NONE, 2),
        rates(2e-5, 1e-5, 20),
        DIVERGENCE,
        false);
  }

  static Runs lutOnly() {
    return new Runs(
        "lutonly_fp32",
        new TrainableParameters(false, LutScope.ALL, 2),
        rates(2e-5, 1e-2, 10),
        DIVERGENCE,
        false);
  }

  static Runs strong() {
    return new Runs(
        "strong_fp32",
        new TrainableParameters(true, LutScope.MLP, 2),
        new LrSchedule(1e-3, 1e-2, 0.01, 2, 6, 0.1, 1),
        new DistillationLossConfig(2, 0.2, 0),
        true);
  }

  private static LrSchedule rates(double lr, double lutLr, int steps) {
    return new LrSchedule(lr, lutLr, 0, 5, steps, 0.1, 1);
  }

  Runs withName(String other) {
    return new Runs(other, trained, rates, objective, padded);
  }

  Recipe recipe(Forward forward, Precision precision) {
    return new Recipe(trained, rates, objective, forward, precision);
  }

  Replica replica(Forward forward, Precision precision) throws IOException {
    return Replica.load(Goldens.config(), Goldens.initial(), recipe(forward, precision), "cpu");
  }

  /** How many tensors train: scales and LUT deltas of the 7 layers of 2 blocks. */
  int trainedTensors() {
    long luts = Arrays.stream(Projection.values()).filter(trained.lutScope()::includes).count();
    return Math.toIntExact(2 * (luts + (trained.scales() ? 3 * 7 : 0)));
  }

  /** The micro-batches of a step, counted from 0. */
  List<Batch> microBatches(int step) throws IOException {
    if (!padded) {
      return List.of(Goldens.batch("two_examples_L24_K16_R8", 0, 2));
    }
    String cache = "two_examples_masked_L24_K16_R8";
    int first = step == 2 ? 1 : 0; // the recipe shuffles; its third step took the second one first
    return List.of(
        Goldens.batch(cache, first, first + 1), Goldens.batch(cache, 1 - first, 2 - first));
  }

  List<StepOutcome> train(Replica replica) throws IOException {
    List<StepOutcome> outcomes = new ArrayList<>();
    for (int step = 0; step < rates.maxSteps(); step++) {
      outcomes.add(replica.step(microBatches(step)));
    }
    return outcomes;
  }

  List<Double> goldenLosses() throws IOException {
    return numbers(Goldens.run(name).get("loss"));
  }

  List<Double> goldenNorms() throws IOException {
    return numbers(Goldens.run(name).get("grad_norm"));
  }

  /** Rates of a step: of the groups that train. */
  List<Double> goldenRates(int step) throws IOException {
    return numbers(Goldens.run(name).get("lr").get(step));
  }

  private static List<Double> numbers(JsonNode array) {
    List<Double> numbers = new ArrayList<>();
    array.forEach(number -> numbers.add(number.doubleValue()));
    return numbers;
  }
}
