package io.qtrace.job.audit.parents;

import io.qtrace.io.ObjectStat;
import io.qtrace.job.archive.CheckpointFile;
import io.qtrace.job.archive.Role;
import io.qtrace.job.lineage.TensorRow;
import io.qtrace.lut.Bake;
import io.qtrace.lut.Lut;
import io.qtrace.lut.LutDeltas;
import io.qtrace.lut.LutParameters;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
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
      String trained, float[][] magnitudes, Lut[] luts, LutDeltas[] deltas, String indices) {}

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
    State base = new State("base", magnitudes, luts, new LutDeltas[LAYERS], "int64");
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
    return new State(name, magnitudes, from.luts, deltas, "int16");
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
    List<MeasuredCheckpoint> checkpoints = new ArrayList<>();
    for (int i = 0; i < states.size(); i++) {
      String path = paths.get(i);
      checkpoints.add(
          MeasuredCheckpoint.of(
              new CheckpointFile(
                  new ObjectStat("file:/" + path, 1, 0, ""), path, "", Role.OTHER, -1),
              rows(states.get(i)),
              Set.of()));
    }
    return checkpoints;
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

  private static List<TensorRow> rows(State state) {
    List<TensorRow> rows = new ArrayList<>();
    for (int i = 0; i < OTHERS; i++) {
      rows.add(large("other.%d".formatted(i), "other", "float32", "frozen", -1, 1));
    }
    for (int i = 0; i < LAYERS; i++) {
      String layer = "layer.%d.proj".formatted(i);
      Lut lut = state.luts[i];
      rows.add(large(layer + ".weight", "other", "float32", "frozen", -1, 1));
      rows.add(small(layer + "._scales_baked_flag", "other", new float[] {0}));
      rows.add(small(layer + ".lut", "lut", lut.values()));
      rows.add(large(layer + "._indices", "indices", state.indices, state.indices, 0, 15));
      rows.add(large(layer + "._Q", "q", "float32", lut.toString(), lut.value(0), lut.value(15)));
      rows.add(large(layer + ".scale_A", "scale", "float32", state.trained, -1, 1));
      rows.add(large(layer + ".scale_B", "scale", "float32", state.trained, -1, 1));
      rows.add(small(layer + ".rank_magnitude", "scale", state.magnitudes[i]));
      if (state.deltas[i] != null) {
        rows.add(small(layer + "._lut_raw_deltas", "lut_deltas", state.deltas[i].logits()));
      }
    }
    return rows;
  }

  private static TensorRow large(
      String name, String category, String dtype, String content, double min, double max) {
    long bytes = 1000L * (dtype.equals("int64") ? 8 : dtype.equals("int16") ? 2 : 4);
    return new TensorRow(
        "",
        "",
        "",
        name,
        category,
        dtype,
        List.of(1000L),
        1000,
        bytes,
        "x1:" + content,
        min,
        max,
        0,
        0,
        0,
        0,
        List.of());
  }

  private static TensorRow small(String name, String category, float[] values) {
    List<Double> kept = new ArrayList<>();
    for (float value : values) {
      kept.add((double) value);
    }
    double sum = kept.stream().mapToDouble(value -> value).sum();
    return new TensorRow(
        "",
        "",
        "",
        name,
        category,
        "float32",
        List.of((long) values.length),
        values.length,
        4L * values.length,
        "x1:" + Arrays.toString(values),
        Collections.min(kept),
        Collections.max(kept),
        sum,
        0,
        0,
        0,
        kept);
  }
}
