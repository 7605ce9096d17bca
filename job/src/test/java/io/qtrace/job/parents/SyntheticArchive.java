package io.qtrace.job.parents;

import io.qtrace.compare.TensorStats;
import io.qtrace.io.ObjectStat;
import io.qtrace.job.archive.CheckpointFile;
import io.qtrace.job.archive.Role;
import io.qtrace.job.compare.CheckpointFacts;
import io.qtrace.job.compare.TensorFacts;
import io.qtrace.lut.Bake;
import io.qtrace.lut.Category;
import io.qtrace.lut.Lut;
import io.qtrace.lut.LutDeltas;
import io.qtrace.lut.LutParameters;
import io.qtrace.tensor.DType;
import io.qtrace.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * Checkpoints of many runs that started from one state or from an earlier run's baked one, without
 * names and times: what an audit would have measured of them. A run has its steps, a best state
 * that equals one of them, and the bake of its last step.
 */
final class SyntheticArchive {
  static final int RUNS = 50;
  static final int CHECKPOINTS = 1000;
  private static final int LAYERS = 20;
  private static final int OTHERS = 20;
  private static final int RANK = 8;

  private final Random random;
  private final List<State> states = new ArrayList<>();
  private final List<String> paths = new ArrayList<>();
  private final Map<State, State> parents = new IdentityHashMap<>();
  private final Map<State, String> kinds = new IdentityHashMap<>();

  /** One state of the model; a null in deltas where the LUT does not train. */
  private record State(
      String trained, float[][] magnitudes, Lut[] luts, LutDeltas[] deltas, DType indices) {}

  SyntheticArchive(long seed) {
    random = new Random(seed);
    Lut fp4 =
        new Lut(
            -2, -1, -.75f, -.5f, -.375f, -.25f, -.125f, -.0625f, .0625f, .125f, .25f, .375f, .5f,
            .75f, 1, 2);
    float[][] magnitudes = new float[LAYERS][RANK];
    for (float[] layer : magnitudes) {
      for (int i = 0; i < RANK; i++) {
        layer[i] = (float) (1 + random.nextDouble());
      }
    }
    Lut[] luts = new Lut[LAYERS];
    Arrays.fill(luts, fp4);
    State base = new State("base", magnitudes, luts, new LutDeltas[LAYERS], DType.INT64);
    add(base, null, "root");
    List<State> sources = new ArrayList<>(List.of(base));
    for (int run = 0; run < RUNS; run++) {
      State source = run % 5 == 0 ? base : sources.get(random.nextInt(sources.size()));
      sources.add(run(run, source, run == 0 ? 17 : 18));
    }
    IntStream.range(0, states.size()).forEach(i -> paths.add("n%04d.pt".formatted(i)));
    Collections.shuffle(paths, random);
  }

  private State run(int run, State source, int steps) {
    double[][] drift = noise(LAYERS, RANK);
    double[][] lutDrift = noise(LAYERS, 8);
    List<State> trained = new ArrayList<>();
    State before = source;
    for (int step = 1; step <= steps; step++) {
      double rate = 1e-3 * Math.cos(step * 1.4 / steps); // cosine decay
      State after = step(before, rate, drift, lutDrift, "run%d.%d".formatted(run, step));
      add(after, before, "train");
      trained.add(after);
      before = after;
    }
    State best = trained.get(random.nextInt(trained.size()));
    add(
        new State(best.trained, best.magnitudes, best.luts, best.deltas, best.indices),
        best,
        "copy");
    Lut[] luts = new Lut[LAYERS];
    for (int layer = 0; layer < LAYERS; layer++) {
      luts[layer] = Bake.recipe(before.deltas[layer], before.luts[layer], 2).lut();
    }
    State baked =
        new State(before.trained, before.magnitudes, luts, new LutDeltas[LAYERS], before.indices);
    add(baked, before, "bake");
    return baked;
  }

  private State step(State from, double rate, double[][] drift, double[][] lutDrift, String name) {
    double[][] noise = noise(LAYERS, RANK);
    float[][] magnitudes = new float[LAYERS][];
    LutDeltas[] deltas = new LutDeltas[LAYERS];
    for (int layer = 0; layer < LAYERS; layer++) {
      magnitudes[layer] = moved(from.magnitudes[layer], rate, drift[layer], noise[layer]);
      LutDeltas start =
          from.deltas[layer] == null
              ? LutDeltas.initial(from.luts[layer], LutParameters.training(from.luts[layer]))
              : from.deltas[layer];
      deltas[layer] =
          new LutDeltas(moved(start.logits(), rate * 10, lutDrift[layer], noise[layer]));
    }
    return new State(name, magnitudes, from.luts, deltas, DType.INT16);
  }

  private static float[] moved(float[] from, double rate, double[] drift, double[] noise) {
    float[] to = from.clone();
    for (int i = 0; i < to.length; i++) {
      to[i] += (float) (rate * (drift[i] + 0.7 * noise[i]));
    }
    return to;
  }

  private double[][] noise(int rows, int columns) {
    double[][] noise = new double[rows][columns];
    for (double[] row : noise) {
      Arrays.setAll(row, i -> random.nextGaussian());
    }
    return noise;
  }

  private void add(State state, State parent, String kind) {
    states.add(state);
    parents.put(state, parent);
    kinds.put(state, kind);
  }

  List<MeasuredCheckpoint> checkpoints() {
    return IntStream.range(0, states.size())
        .mapToObj(i -> new MeasuredCheckpoint(file(i), Sketch.of(facts(states.get(i)))))
        .toList();
  }

  private CheckpointFile file(int number) {
    String path = paths.get(number);
    return new CheckpointFile(
        new ObjectStat("file:/" + path, 1, 0, ""), path, "", Role.OTHER, CheckpointFile.NO_STEP);
  }

  /** What was measured of each checkpoint, by its id. */
  Map<String, CheckpointFacts> facts() {
    Map<String, CheckpointFacts> facts = new TreeMap<>();
    for (int i = 0; i < states.size(); i++) {
      facts.put(file(i).id(), facts(states.get(i)));
    }
    return facts;
  }

  /** Kind and parent's content of each content, copies left out. */
  Map<String, String> truth() {
    Map<String, String> truth = new TreeMap<>();
    for (State state : states) {
      if (!kinds.get(state).equals("copy")) {
        State parent = parents.get(state);
        truth.put(label(state), kinds.get(state) + (parent == null ? "" : " " + label(parent)));
      }
    }
    return truth;
  }

  String label(CheckpointFile file) {
    return label(states.get(paths.indexOf(file.path())));
  }

  private static String label(State state) {
    return state.trained + (state.deltas[0] == null ? ".start" : "");
  }

  private static CheckpointFacts facts(State state) {
    List<TensorFacts> tensors = new ArrayList<>();
    for (int i = 0; i < OTHERS; i++) {
      tensors.add(large("other.%d".formatted(i), Category.OTHER, DType.FLOAT32, "frozen", -1, 1));
    }
    for (int i = 0; i < LAYERS; i++) {
      String layer = "layer.%d.proj".formatted(i);
      Lut lut = state.luts[i];
      tensors.add(large(layer + ".weight", Category.OTHER, DType.FLOAT32, "frozen", -1, 1));
      tensors.add(small(layer + "._scales_baked_flag", Category.OTHER, new float[] {0}));
      tensors.add(small(layer + ".lut", Category.LUT, lut.values()));
      tensors.add(
          large(
              layer + "._indices", Category.INDICES, state.indices, state.indices.label(), 0, 15));
      tensors.add(
          large(
              layer + "._Q",
              Category.Q,
              DType.FLOAT32,
              lut.toString(),
              lut.value(0),
              lut.value(15)));
      for (String scale : List.of(".scale_A", ".scale_B")) {
        tensors.add(large(layer + scale, Category.SCALE, DType.FLOAT32, state.trained, -1, 1));
      }
      tensors.add(small(layer + ".rank_magnitude", Category.SCALE, state.magnitudes[i]));
      if (state.deltas[i] != null) {
        tensors.add(
            small(layer + "._lut_raw_deltas", Category.LUT_DELTAS, state.deltas[i].logits()));
      }
    }
    Map<String, TensorFacts> byName = new LinkedHashMap<>();
    tensors.forEach(tensor -> byName.put(tensor.name(), tensor));
    return new CheckpointFacts(byName, Map.of());
  }

  private static TensorFacts large(
      String name, Category category, DType dtype, String content, double min, double max) {
    return new TensorFacts(
        name,
        category,
        dtype,
        Shape.of(1000),
        "x1:" + content,
        new TensorStats(min, max, 0, 0, 0, 0),
        List.of());
  }

  private static TensorFacts small(String name, Category category, float[] values) {
    List<Double> kept = new ArrayList<>();
    for (float value : values) {
      kept.add((double) value);
    }
    double sum = kept.stream().mapToDouble(value -> value).sum();
    return new TensorFacts(
        name,
        category,
        DType.FLOAT32,
        Shape.of(values.length),
        "x1:" + Arrays.toString(values),
        new TensorStats(Collections.min(kept), Collections.max(kept), sum, 0, 0, 0),
        kept);
  }
}
