package io.qtrace.job.operations;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import io.qtrace.job.archive.RunConfig;
import io.qtrace.job.compare.CheckpointFacts;
import io.qtrace.job.judge.EdgeJudge;
import io.qtrace.job.judge.JudgedChild;
import io.qtrace.job.judge.Judgement;
import io.qtrace.job.judge.NotCompared;
import io.qtrace.job.policy.Finding;
import io.qtrace.job.policy.Verdict;
import io.qtrace.lut.LayerNames;
import io.qtrace.tensor.DType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Averages of random runs, as PyTorch computes them in float32. */
class TestAverage {
  private static final long FIRST_SEED = 20261201;
  private static final int AVERAGES = 40;
  private static final int STEPS = 6;
  private static final List<Integer> BOTH = List.of(1, 2);

  @TempDir Path folder;

  /** A random run and an average of some of its steps. */
  private record Case(
      List<ArrayCheckpoint> run, List<Integer> members, double[] weights, ArrayCheckpoint average) {
    static Case of(long seed) {
      Random random = new Random(seed);
      List<ArrayCheckpoint> run = TestAverage.steps(random);
      int count = 2 + random.nextInt(2);
      List<Integer> members = new ArrayList<>();
      random.ints(0, STEPS).distinct().limit(count).sorted().forEach(members::add);
      double[] weights = new double[count];
      if (random.nextBoolean()) {
        Arrays.fill(weights, 1.0 / count); // SWA
      } else {
        double decay = List.of(0.5, 0.9, 0.99, 0.999).get(random.nextInt(4));
        weights[0] = decay;
        for (int i = 1; i < count; i++) {
          weights[i] = (1 - decay) / (count - 1);
        }
      }
      return new Case(
          run,
          members,
          weights,
          TestAverage.averaged(members.stream().map(run::get).toList(), weights));
    }

    List<ArrayCheckpoint> parents() {
      return members.stream().map(run::get).toList();
    }
  }

  private static List<ArrayCheckpoint> steps(Random random) {
    ArrayCheckpoint model = RandomModel.of(random);
    Regime regime = Regime.of(random, model);
    List<ArrayCheckpoint> run = new ArrayList<>();
    for (int step = 0; step < STEPS; step++) {
      model = regime.train(model, random);
      run.add(model);
    }
    return run;
  }

  // Rounded after each product and each sum; tensors that are alike stay.
  private static ArrayCheckpoint averaged(List<ArrayCheckpoint> members, double[] weights) {
    ArrayCheckpoint average = members.get(0);
    for (String name : members.get(0).tensors().keySet()) {
      List<ArrayTensor> tensors = members.stream().map(one -> one.tensor(name)).toList();
      if (!tensors.stream().allMatch(one -> one.isSame(tensors.get(0)))) {
        float[] sum = new float[tensors.get(0).values().length];
        for (int i = 0; i < weights.length; i++) {
          for (int at = 0; at < sum.length; at++) {
            sum[at] += (float) weights[i] * (float) tensors.get(i).values()[at];
          }
        }
        average =
            average.with(
                name,
                ArrayTensor.of(
                    sum,
                    tensors.get(0).shape().sizes().stream().mapToLong(Long::longValue).toArray()));
      }
    }
    return average;
  }

  @Test
  void membersAndWeightsAreFoundAmongTheStepsOfARun() {
    for (long seed = FIRST_SEED; seed < FIRST_SEED + AVERAGES; seed++) {
      Case one = Case.of(seed);
      Optional<Mixture> found = Mixture.of(sides(one.run()), new Side(one.average().facts()));
      assertThat(found).as("average %d", seed).isPresent();
      assertThat(found.get().terms())
          .as("average %d", seed)
          .extracting(Mixture.Term::side)
          .containsExactlyElementsOf(one.members());
      for (int i = 0; i < one.weights().length; i++) {
        assertThat(found.get().terms().get(i).weight())
            .as("average %d", seed)
            .isCloseTo(one.weights()[i], offset(1e-5));
      }
    }
  }

  // A copy with more than a tensor or two that are damaged, and its original.
  @Test
  void membersAreFoundNextToADamagedCopy() {
    for (long seed = FIRST_SEED; seed < FIRST_SEED + AVERAGES; seed++) {
      Case one = Case.of(seed);
      ArrayCheckpoint copy = one.average();
      List<String> mixed =
          one.average().tensors().keySet().stream()
              .filter(
                  name ->
                      one.run().stream()
                          .noneMatch(step -> step.tensor(name).isSame(one.average().tensor(name))))
              .toList();
      for (String name : mixed.subList(0, mixed.size() / 5)) {
        copy = copy.damaged(name, 0);
      }
      List<ArrayCheckpoint> others = new ArrayList<>(one.run());
      others.add(copy);
      Optional<Mixture> found = Mixture.of(sides(others), new Side(one.average().facts()));
      assertThat(found).as("average %d", seed).isPresent();
      assertThat(found.get().terms())
          .as("average %d", seed)
          .extracting(Mixture.Term::side)
          .containsExactlyElementsOf(one.members());
    }
  }

  @Test
  void anAverageIsExplainedElementByElement() throws IOException {
    for (long seed = FIRST_SEED; seed < FIRST_SEED + AVERAGES; seed++) {
      Case one = Case.of(seed);
      Judgement found = judge(one.parents(), one.average());
      assertThat(found.kind()).as("average %d", seed).isEqualTo(Average.KIND);
      assertThat(found.findings()).as("average %d", seed).isEmpty();
      assertThat(found.notes())
          .as("average %d", seed)
          .anyMatch(note -> note.startsWith("average: ") && note.contains("member1.pt"));
    }
  }

  /** Where training moved little, rounding to half precision hides the average of some. */
  @Test
  void mostAveragesInHalfPrecisionAreExplained() throws IOException {
    int recognized = 0;
    for (long seed = FIRST_SEED; seed < FIRST_SEED + AVERAGES; seed++) {
      Case one = Case.of(seed);
      List<ArrayCheckpoint> members = one.parents().stream().map(TestAverage::half).toList();
      for (double[] weights : List.of(new double[] {0.5, 0.5}, new double[] {0.9, 0.1})) {
        List<ArrayCheckpoint> averaged = members.subList(0, weights.length);
        Judgement found = judge(averaged, half(averaged(averaged, weights)));
        if (found.kind().equals(Average.KIND)) {
          assertThat(found.findings()).as("average %d", seed).isEmpty();
          recognized++;
        }
      }
    }
    assertThat(recognized).isGreaterThan(AVERAGES + AVERAGES / 4); // of two each
  }

  private static ArrayCheckpoint half(ArrayCheckpoint checkpoint) {
    return checkpoint.map(
        tensor -> tensor.dtype() == DType.FLOAT32 ? tensor.as(DType.FLOAT16) : tensor);
  }

  // Training at a small rate moves a part of the elements by one unit in the last place.
  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"FLOAT16", "BFLOAT16"})
  void averagesOfMembersThatDifferByAUnitAreFound(DType dtype) throws IOException {
    int found = 0;
    for (long seed = FIRST_SEED; seed < FIRST_SEED + AVERAGES; seed++) {
      List<ArrayCheckpoint> run = slowSteps(dtype, new Random(seed));
      List<ArrayCheckpoint> members = run.subList(1, 3);
      ArrayCheckpoint average = narrowAverage(members, new double[] {0.5, 0.5}, dtype);
      boolean both =
          Mixture.of(sides(run), new Side(average.facts())).map(Mixture::terms).stream()
              .anyMatch(terms -> terms.stream().map(Mixture.Term::side).toList().equals(BOTH));
      found += both ? 1 : 0;
      Judgement judged = judge(members, average);
      if (judged.kind().equals(Average.KIND)) {
        assertThat(judged.findings()).as("average %d", seed).isEmpty();
      }
    }
    assertThat(found).isGreaterThan(AVERAGES / 3); // the others differ in too few tensors
  }

  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"FLOAT16", "BFLOAT16"})
  void stepsThatMoveByAUnitAreNotAverages(DType dtype) {
    for (long seed = FIRST_SEED; seed < FIRST_SEED + 4 * AVERAGES; seed++) {
      List<ArrayCheckpoint> run = slowSteps(dtype, new Random(seed));
      for (int step = 0; step < run.size(); step++) {
        List<ArrayCheckpoint> others = new ArrayList<>(run);
        ArrayCheckpoint one = others.remove(step);
        if (step == 0 || step == run.size() - 1) { // others may lie between their neighbours
          assertThat(Mixture.of(sides(others), new Side(one.facts())))
              .as("step %d of run %d", step, seed)
              .isEmpty();
        }
      }
    }
  }

  private static List<ArrayCheckpoint> slowSteps(DType dtype, Random random) {
    ArrayCheckpoint model =
        RandomModel.of(random)
            .map(tensor -> tensor.dtype() == DType.FLOAT32 ? tensor.as(dtype) : tensor);
    double part = 0.2 + 0.6 * random.nextDouble();
    List<ArrayCheckpoint> run = new ArrayList<>();
    for (int step = 0; step < 4; step++) {
      for (LayerNames layer : model.layers()) {
        for (String name : List.of(layer.scaleA(), layer.scaleB(), layer.magnitude())) {
          ArrayTensor tensor = model.tensor(name);
          for (int i = 0; i < tensor.values().length; i++) {
            if (random.nextDouble() < part) {
              tensor =
                  random.nextBoolean()
                      ? tensor.nudged(i)
                      : tensor.with(i, -tensor.with(i, -tensor.values()[i]).nudged(i).values()[i]);
            }
          }
          model = model.with(name, tensor);
        }
      }
      run.add(model);
    }
    return run;
  }

  // Computed in float32.
  private static ArrayCheckpoint narrowAverage(
      List<ArrayCheckpoint> members, double[] weights, DType dtype) {
    ArrayCheckpoint exact = averaged(members, weights);
    for (String name : exact.tensors().keySet()) {
      if (!exact.tensor(name).isSame(members.get(0).tensor(name))) {
        exact = exact.with(name, exact.tensor(name).as(dtype));
      }
    }
    return exact;
  }

  @Test
  void aDamagedElementOfAnAverageIsFound() throws IOException {
    for (long seed = FIRST_SEED; seed < FIRST_SEED + AVERAGES; seed++) {
      Case one = Case.of(seed);
      Random random = new Random(~seed);
      List<String> floats =
          one.average().tensors().keySet().stream()
              .filter(name -> name.contains(".scale_") || name.endsWith("norm.weight"))
              .toList();
      String tensor = floats.get(random.nextInt(floats.size()));
      int element = random.nextInt(one.average().tensor(tensor).values().length);
      Judgement found = judge(one.parents(), one.average().damaged(tensor, element));
      assertThat(found.kind()).as("average %d", seed).isEqualTo(Average.KIND);
      assertThat(found.verdict()).as("average %d", seed).isEqualTo(Verdict.VIOLATION);
      assertThat(found.findings())
          .as("average %d", seed)
          .extracting(Finding::message)
          .anyMatch(
              message ->
                  message.contains(tensor + ": 1 of ")
                      && message.endsWith("the first at element " + element));
    }
  }

  // Only LUTs train, most tensors do not change. Among the candidates are the initial state, which
  // has no deltas, what a tool made of a member, and a damaged copy of the average.
  @Test
  void unchangedTensorsDoNotDecideTheMembers() {
    for (long seed = FIRST_SEED; seed < FIRST_SEED + AVERAGES; seed++) {
      Random random = new Random(seed);
      ArrayCheckpoint initial = RandomModel.of(random);
      ArrayCheckpoint first = withDeltas(initial, random);
      ArrayCheckpoint last = withDeltas(first, random);
      ArrayCheckpoint average = averaged(List.of(first, last), new double[] {0.5, 0.5});
      LayerNames layer = average.layers().get(0);
      ArrayCheckpoint rounded = last;
      for (LayerNames one : last.layers()) {
        rounded = rounded.with(one.scaleA(), half(last).tensor(one.scaleA()));
      }
      List<Side> sides =
          sides(
              List.of(
                  initial, rounded, average.damaged(layer.deltas(), 1), first, last, half(last)));
      assertThat(Mixture.of(sides, new Side(average.facts())).map(Mixture::terms).orElse(List.of()))
          .as("seed %d", seed)
          .containsExactly(new Mixture.Term(3, false, 0.5), new Mixture.Term(4, false, 0.5));
    }
  }

  private static ArrayCheckpoint withDeltas(ArrayCheckpoint model, Random random) {
    ArrayCheckpoint trained = model;
    for (LayerNames layer : model.layers()) {
      float[] deltas = Layers.positive(random, 8);
      trained = trained.with(layer.deltas(), ArrayTensor.of(deltas, deltas.length));
    }
    return trained;
  }

  @Test
  void aStepOfTheRunIsNotAnAverage() {
    for (long seed = FIRST_SEED; seed < FIRST_SEED + AVERAGES; seed++) {
      List<ArrayCheckpoint> run = Case.of(seed).run();
      List<ArrayCheckpoint> others = new ArrayList<>(run);
      ArrayCheckpoint step = others.remove(2);
      assertThat(Mixture.of(sides(others), new Side(step.facts()))).as("run %d", seed).isEmpty();
    }
  }

  @Test
  void aMovingAverageInTheFileIsAMember() {
    for (long seed = FIRST_SEED; seed < FIRST_SEED + AVERAGES; seed++) {
      Case one = Case.of(seed);
      CheckpointFacts model = one.run().get(1).facts();
      Side full = new Side(model.withShadow(one.run().get(0).facts().tensors()));
      ArrayCheckpoint average =
          averaged(List.of(one.run().get(0), one.run().get(2)), new double[] {0.9, 0.1});
      Optional<Mixture> found =
          Mixture.of(List.of(full, new Side(one.run().get(2).facts())), new Side(average.facts()));
      assertThat(found).as("average %d", seed).isPresent();
      assertThat(found.get().terms())
          .as("average %d", seed)
          .containsExactly(new Mixture.Term(0, true, 0.9), new Mixture.Term(1, false, 0.1));
    }
  }

  private Judgement judge(List<ArrayCheckpoint> parents, ArrayCheckpoint child) throws IOException {
    return new EdgeJudge(Operations.KNOWN)
        .judge(
            new ArrayFiles(folder).step(parents, child),
            NotCompared.NOTHING,
            ArrayCheckpoint.POLICY.forRun("run", RunConfig.NONE),
            new JudgedChild("run/average.pt", OptionalLong.empty()),
            Optional.empty());
  }

  private static List<Side> sides(List<ArrayCheckpoint> checkpoints) {
    return checkpoints.stream().map(one -> new Side(one.facts())).toList();
  }
}
