package io.qtrace.job.operations;

import io.qtrace.lut.LayerNames;
import io.qtrace.tensor.DType;
import io.qtrace.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.IntToDoubleFunction;
import java.util.function.Predicate;

/**
 * What tools of the recipe make of a model, from the formulas of their scripts: none of the
 * arithmetic that is tested is used. Numbers are computed in float32, in any order.
 */
final class RecipeTools {
  private static final float EPSILON = 1e-6f;
  private static final float LEAST_SCALE = 1e-4f;
  private static final int PADDED = 16; // columns of V1's scale_B are a multiple of it
  private static final int ROUNDS = 20; // of k-means
  private static final String VALUE = "self_attn.v_proj";
  private static final String UP = "mlp.up_proj";

  private RecipeTools() {}

  /** How a tool makes S of A, B and g. */
  enum Scale {
    /** Directions, g as stored: {@code init_model_v2.py} and {@code export_v2_to_hf.py}. */
    INITIAL,
    /** Directions, g + 1e-6: {@code tighten_q.py}, {@code snap_and_test_v2.py} and others. */
    TRAINED,
    /** Directions, half(g + 1e-6): where the trainer freezes. */
    FROZEN,
    /** A, B and g as stored: {@code select_best_lut_per_layer.py}. */
    RAW
  }

  /** What of a block is multiplied, and undone in the tensor before it. */
  enum Balanced {
    /** Columns of queries, keys and values by the norm. */
    ATTENTION,
    /** Columns of the output by the rows of the values. */
    VALUES,
    /** Columns of gate and up by the norm. */
    MLP,
    /** Columns of down by the rows of up. */
    UP
  }

  /** S [out, in] of a layer. */
  static float[] scales(ArrayCheckpoint model, LayerNames layer, Scale form) {
    float[] a = model.tensor(layer.scaleA()).floats();
    float[] b = model.tensor(layer.scaleB()).floats();
    float[] g = model.tensor(layer.magnitude()).floats();
    int rank = g.length;
    int out = a.length / rank;
    int in = b.length / rank;
    float[] scales = new float[out * in];
    for (int k = 0; k < rank; k++) {
      float left = form == Scale.RAW ? 1 : Math.max(norm(a, k, rank, out), EPSILON);
      float right = form == Scale.RAW ? 1 : Math.max(norm(b, k * in, 1, in), EPSILON);
      float magnitude =
          switch (form) {
            case INITIAL, RAW -> g[k];
            case TRAINED -> g[k] + EPSILON;
            case FROZEN -> (float) ArrayTensor.round(DType.FLOAT16, g[k] + EPSILON);
          };
      for (int i = 0; i < scales.length; i++) {
        scales[i] += a[i / in * rank + k] / left * magnitude * (b[k * in + i % in] / right);
      }
    }
    return scales;
  }

  private static float norm(float[] values, int first, int step, int count) {
    double sum = 0;
    for (int i = 0; i < count; i++) {
      sum += Math.pow(values[first + i * step], 2);
    }
    return (float) Math.sqrt(sum);
  }

  // argmin |clamp(quotient) - entry|, the first of equals.
  private static ArrayTensor nearest(float[] quotients, float[] table, DType dtype, Shape shape) {
    double[] indices = new double[quotients.length];
    for (int i = 0; i < indices.length; i++) {
      float value = Math.max(table[0], Math.min(table[table.length - 1], quotients[i]));
      for (int entry = 1; entry < table.length; entry++) {
        boolean nearer = Math.abs(value - table[entry]) < Math.abs(value - table[(int) indices[i]]);
        indices[i] = nearer ? entry : indices[i];
      }
    }
    return new ArrayTensor(dtype, shape, indices);
  }

  private static float[] divided(float[] weights, float[] scales) {
    float[] quotients = new float[weights.length];
    for (int i = 0; i < quotients.length; i++) {
      float scale = scales[i];
      float least = scale < 0 ? -LEAST_SCALE : LEAST_SCALE;
      quotients[i] = weights[i] / (Math.abs(scale) < LEAST_SCALE ? least : scale);
    }
    return quotients;
  }

  private static float[] product(float[] one, float[] other) {
    float[] product = new float[one.length];
    for (int i = 0; i < product.length; i++) {
      product[i] = one[i] * other[i];
    }
    return product;
  }

  // The layer with indices nearest to weights over scales, and the _Q of these.
  private static ArrayCheckpoint requantized(
      ArrayCheckpoint model, LayerNames layer, float[] weights, Scale form, DType dtype) {
    float[] quotients = divided(weights, scales(model, layer, form));
    float[] table = model.tensor(layer.lut()).floats();
    Shape shape = model.tensor(layer.weight()).shape();
    return model.with(layer.indices(), nearest(quotients, table, dtype, shape)).synced(layer);
  }

  /** {@code init_model_v2.py}: factors from an SVD, of which nothing is known here. */
  static ArrayCheckpoint quantized(ArrayCheckpoint model, boolean small, Random random) {
    Map<String, ArrayTensor> tensors = new LinkedHashMap<>();
    List<LayerNames> layers = new ArrayList<>();
    model
        .tensors()
        .forEach(
            (name, tensor) -> {
              tensors.put(name, tensor);
              if (name.endsWith("_proj.weight")) {
                LayerNames layer = new LayerNames(LayerNames.moduleOf(name));
                layers.add(layer);
                int entries = small && name.contains(".mlp.") ? 4 : 16;
                tensors.putAll(factors(layer, tensor.shape(), random));
                tensors.put(layer.lut(), table(entries, random));
                tensors.put(layer.quantized(), tensor);
                tensors.put(layer.bakedFlag(), flag());
              }
            });
    ArrayCheckpoint quantized = new ArrayCheckpoint(tensors);
    for (LayerNames layer : layers) {
      float[] weights = model.tensor(layer.weight()).floats();
      quantized = requantized(quantized, layer, weights, Scale.INITIAL, DType.INT64);
    }
    return quantized;
  }

  private static ArrayTensor flag() {
    return new ArrayTensor(DType.INT8, Shape.of(), new double[] {0});
  }

  private static Map<String, ArrayTensor> factors(LayerNames layer, Shape shape, Random random) {
    int out = shape.sizes().get(0).intValue();
    int in = shape.sizes().get(1).intValue();
    int rank = 2 + random.nextInt(3);
    float[] magnitude = Layers.positive(random, rank);
    for (int k = 0; k < rank; k++) {
      // The first is of positive directions, and by far the largest, as of a positive matrix.
      magnitude[k] *= (float) (Math.sqrt((double) out * in) * (k == 0 ? 1 : 1.0 / 128));
    }
    float[] a = orthonormal(Layers.positive(random, out * rank), rank, rank, 1);
    float[] b = orthonormal(Layers.positive(random, rank * in), rank, 1, in);
    Map<String, ArrayTensor> factors = new LinkedHashMap<>();
    factors.put(layer.scaleA(), ArrayTensor.of(a, out, rank));
    factors.put(layer.scaleB(), ArrayTensor.of(b, rank, in));
    factors.put(layer.magnitude(), ArrayTensor.of(magnitude, rank));
    return factors;
  }

  // Gram-Schmidt: of vectors with so much from an element to the next, and from one to the next.
  private static float[] orthonormal(float[] values, int count, int step, int next) {
    int length = values.length / count;
    for (int k = 0; k < count; k++) {
      for (int j = 0; j <= k; j++) {
        double product = 0;
        for (int i = 0; i < length; i++) {
          product += (double) values[k * next + i * step] * values[j * next + i * step];
        }
        for (int i = 0; i < length; i++) {
          int at = k * next + i * step;
          values[at] =
              (float)
                  (j == k
                      ? values[at] / Math.sqrt(product)
                      : values[at] - product * values[j * next + i * step]);
        }
      }
    }
    return values;
  }

  // Rising, symmetric, exact in float16.
  private static ArrayTensor table(int entries, Random random) {
    double[] table = new double[entries];
    double most = List.of(1.0, 1.5, 2.0).get(random.nextInt(3));
    for (int i = 0; i < entries / 2; i++) {
      double step = (i + 0.4 + 0.5 * random.nextDouble()) / (entries / 2.0);
      double value = i == entries / 2 - 1 ? most : ArrayTensor.round(DType.FLOAT16, most * step);
      table[entries / 2 + i] = value;
      table[entries / 2 - 1 - i] = -value;
    }
    return new ArrayTensor(DType.FLOAT32, Shape.of(entries), table);
  }

  /**
   * {@code train_recovery_lora.py}: factors of adapters, trained for some steps.
   *
   * @param which of the layers have one
   * @param freezes whether the scales are rounded to values of float16 before
   */
  static ArrayCheckpoint withAdapter(
      ArrayCheckpoint model, Predicate<LayerNames> which, boolean freezes, Random random) {
    ArrayCheckpoint with = model;
    int rank = 1 + random.nextInt(4);
    for (LayerNames layer : model.layers()) {
      if (freezes) {
        with = Regime.halved(with, layer.scaleA());
        with = Regime.halved(Regime.halved(with, layer.scaleB()), layer.magnitude());
      }
      if (which.test(layer)) {
        int out = model.tensor(layer.weight()).shape().sizes().get(0).intValue();
        int in = model.tensor(layer.weight()).shape().sizes().get(1).intValue();
        float[] a = Layers.gaussian(random, rank * in, 0.3);
        float[] b = Layers.gaussian(random, out * rank, 0.3);
        with = with.with(layer.loraA(), ArrayTensor.of(a, rank, in));
        with = with.with(layer.loraB(), ArrayTensor.of(b, out, rank));
      }
    }
    return with;
  }

  static boolean isLora(String tensor) {
    return tensor.endsWith(".lora_A") || tensor.endsWith(".lora_B");
  }

  /** {@code --save-lora-only}. */
  static ArrayCheckpoint adapterAlone(ArrayCheckpoint model) {
    Map<String, ArrayTensor> alone = new LinkedHashMap<>(model.tensors());
    alone.keySet().removeIf(name -> !isLora(name));
    return new ArrayCheckpoint(alone);
  }

  /** {@code resnap_with_lora}: layers without an adapter stay. */
  static ArrayCheckpoint merged(ArrayCheckpoint model, float ratio) {
    ArrayCheckpoint merged = model;
    for (LayerNames layer : model.layers()) {
      if (model.has(layer.loraA())) {
        float[] weights =
            product(model.tensor(layer.quantized()).floats(), scales(model, layer, Scale.TRAINED));
        addAdapter(weights, model, layer, ratio);
        merged = requantized(merged, layer, weights, Scale.TRAINED, DType.INT64);
      }
      merged = merged.without(layer.loraA()).without(layer.loraB());
    }
    return merged;
  }

  private static void addAdapter(
      float[] weights, ArrayCheckpoint model, LayerNames layer, float ratio) {
    float[] a = model.tensor(layer.loraA()).floats();
    float[] b = model.tensor(layer.loraB()).floats();
    int rank = model.tensor(layer.loraA()).shape().sizes().get(0).intValue();
    int in = a.length / rank;
    for (int i = 0; i < weights.length; i++) {
      float sum = 0;
      for (int k = 0; k < rank; k++) {
        sum += b[i / in * rank + k] * a[k * in + i % in];
      }
      weights[i] += sum * ratio;
    }
  }

  /** {@code apply_lut_candidates.py}: one table for all, indices of what {@code _Q} S is. */
  static ArrayCheckpoint withTable(
      ArrayCheckpoint model, Predicate<LayerNames> which, Random random) {
    ArrayCheckpoint with = model;
    ArrayTensor table = table(16, random);
    for (LayerNames layer : model.layers()) {
      if (which.test(layer) && model.tensor(layer.lut()).values().length == 16) {
        float[] weights =
            product(model.tensor(layer.quantized()).floats(), scales(model, layer, Scale.TRAINED));
        with = with.with(layer.lut(), table);
        with = requantized(with, layer, weights, Scale.TRAINED, DType.INT16);
      }
    }
    return with;
  }

  /** {@code select_best_lut_per_layer.py}: of each layer another table, or the one that it has. */
  static ArrayCheckpoint withBestTables(ArrayCheckpoint model, Random random) {
    ArrayCheckpoint with = model;
    for (LayerNames layer : model.layers()) {
      int entries = model.tensor(layer.lut()).values().length;
      if (random.nextInt(4) > 0) {
        with = with.with(layer.lut(), table(entries, random));
      }
      float[] weights = model.tensor(layer.weight()).floats();
      with = requantized(with, layer, weights, Scale.RAW, DType.INT16);
    }
    return with;
  }

  /** {@code export_v2_to_hf.py}. */
  static ArrayCheckpoint dequantized(ArrayCheckpoint model, DType dtype) {
    Map<String, ArrayTensor> exported = new LinkedHashMap<>(model.tensors());
    for (LayerNames layer : model.layers()) {
      float[] weights =
          product(model.tensor(layer.quantized()).floats(), scales(model, layer, Scale.INITIAL));
      ArrayTensor before = model.tensor(layer.weight());
      exported.keySet().removeIf(name -> LayerNames.moduleOf(name).equals(layer.layer()));
      exported.put(
          layer.weight(), new ArrayTensor(DType.FLOAT32, before.shape(), doubles(weights)));
    }
    return Layers.cast(new ArrayCheckpoint(exported), dtype);
  }

  private static double[] doubles(float[] values) {
    double[] doubles = new double[values.length];
    Arrays.setAll(doubles, i -> values[i]);
    return doubles;
  }

  /** Layers of V1 of a float model: {@code scale_B} is padded, and there is no magnitude. */
  static ArrayCheckpoint v1(ArrayCheckpoint model, Random random) {
    Map<String, ArrayTensor> tensors = new LinkedHashMap<>(model.tensors());
    for (String name : model.tensors().keySet()) {
      if (name.endsWith("_proj.weight")) {
        LayerNames layer = new LayerNames(LayerNames.moduleOf(name));
        int out = model.tensor(name).shape().sizes().get(0).intValue();
        int in = model.tensor(name).shape().sizes().get(1).intValue();
        int rank = 2 + random.nextInt(3);
        int padded = (in + PADDED - 1) / PADDED * PADDED;
        tensors.put(layer.scaleA(), ArrayTensor.of(Layers.positive(random, out * rank), out, rank));
        tensors.put(
            layer.scaleB(), ArrayTensor.of(Layers.positive(random, rank * padded), rank, padded));
        tensors.put(layer.lut(), table(16, random));
      }
    }
    return new ArrayCheckpoint(tensors);
  }

  /**
   * {@code convert_v1_to_v2.py}: A / |A|, B / |B| and |A| |B|, in bfloat16 with nothing but the
   * layers, or in float32 with a {@code _Q} that is frozen.
   */
  static ArrayCheckpoint v2(ArrayCheckpoint model, boolean frozen) {
    DType dtype = frozen ? DType.FLOAT32 : DType.BFLOAT16;
    Map<String, ArrayTensor> tensors = new LinkedHashMap<>();
    if (frozen) {
      tensors.putAll(model.tensors());
    }
    for (LayerNames layer : model.layers()) {
      ArrayTensor weight = model.tensor(layer.weight());
      int in = weight.shape().sizes().get(1).intValue();
      int out = weight.shape().sizes().get(0).intValue();
      float[] a = model.tensor(layer.scaleA()).as(dtype).floats();
      float[] b = model.tensor(layer.scaleB()).as(dtype).floats();
      int rank = a.length / out;
      int padded = b.length / rank;
      float[] left = new float[a.length];
      float[] right = new float[rank * in];
      float[] magnitude = new float[rank];
      for (int k = 0; k < rank; k++) {
        float ofA = (float) ArrayTensor.round(dtype, norm(a, k, rank, out));
        float ofB = (float) ArrayTensor.round(dtype, norm(b, k * padded, 1, in));
        for (int i = 0; i < out; i++) {
          left[i * rank + k] = a[i * rank + k] / ofA;
        }
        for (int i = 0; i < in; i++) {
          right[k * in + i] = b[k * padded + i] / ofB;
        }
        magnitude[k] = ofA * ofB;
      }
      tensors.put(layer.weight(), weight.as(dtype));
      tensors.put(layer.lut(), model.tensor(layer.lut()).as(dtype));
      tensors.put(layer.scaleA(), ArrayTensor.of(left, out, rank).as(dtype));
      tensors.put(layer.scaleB(), ArrayTensor.of(right, rank, in).as(dtype));
      tensors.put(layer.magnitude(), ArrayTensor.of(magnitude, rank).as(dtype));
      if (frozen) {
        tensors.put(layer.quantized(), weight);
        tensors.put(layer.bakedFlag(), flag());
      }
    }
    ArrayCheckpoint converted = new ArrayCheckpoint(tensors);
    for (LayerNames layer : frozen ? model.layers() : List.<LayerNames>of()) {
      float[] weights = model.tensor(layer.weight()).floats();
      converted = requantized(converted, layer, weights, Scale.FROZEN, DType.INT64);
    }
    return converted;
  }

  /** {@code convert_q4_to_q2.py}: 4 entries in the MLP, more ranks everywhere, no {@code _Q}. */
  static ArrayCheckpoint withFourEntries(ArrayCheckpoint model, Random random) {
    ArrayCheckpoint with = model;
    for (LayerNames layer : model.layers()) {
      if (layer.layer().contains(".mlp.")) {
        with = with.with(layer.lut(), clustered(model.tensor(layer.lut()).floats()));
      }
      int more = 1 + random.nextInt(3);
      with = with.with(layer.scaleA(), columns(model.tensor(layer.scaleA()), more, random));
      with = with.with(layer.scaleB(), rows(model.tensor(layer.scaleB()), more, random));
      double[] magnitudes = model.tensor(layer.magnitude()).values();
      double[] all = Arrays.copyOf(magnitudes, magnitudes.length + more);
      Arrays.fill(all, magnitudes.length, all.length, 0.01f);
      with =
          with.with(layer.magnitude(), new ArrayTensor(DType.FLOAT32, Shape.of(all.length), all))
              .without(layer.quantized())
              .without(layer.indices());
    }
    return with;
  }

  private static ArrayTensor columns(ArrayTensor matrix, int more, Random random) {
    int rows = matrix.shape().sizes().get(0).intValue();
    int columns = matrix.shape().sizes().get(1).intValue();
    float[] wide = Layers.gaussian(random, rows * (columns + more), 0.01);
    for (int i = 0; i < rows * columns; i++) {
      wide[i / columns * (columns + more) + i % columns] = (float) matrix.values()[i];
    }
    return ArrayTensor.of(wide, rows, columns + more);
  }

  private static ArrayTensor rows(ArrayTensor matrix, int more, Random random) {
    int rows = matrix.shape().sizes().get(0).intValue();
    int columns = matrix.shape().sizes().get(1).intValue();
    float[] tall = Layers.gaussian(random, (rows + more) * columns, 0.01);
    System.arraycopy(matrix.floats(), 0, tall, 0, rows * columns);
    return ArrayTensor.of(tall, rows + more, columns);
  }

  // Means of k-means that starts at the quantiles 1/5 to 4/5.
  private static ArrayTensor clustered(float[] table) {
    float[] means = new float[4];
    for (int i = 0; i < means.length; i++) {
      float at = (i + 1) / 5f * (table.length - 1);
      int below = (int) at;
      means[i] = table[below] + (at - below) * (table[below + 1] - table[below]);
    }
    for (int round = 0; round < ROUNDS; round++) {
      double[] entries = nearest(table, means, DType.INT64, Shape.of(table.length)).values();
      for (int mean = 0; mean < means.length; mean++) {
        float sum = 0;
        int count = 0;
        for (int i = 0; i < table.length; i++) {
          boolean own = entries[i] == mean;
          sum += own ? table[i] : 0;
          count += own ? 1 : 0;
        }
        means[mean] = count == 0 ? means[mean] : sum / count;
      }
    }
    return ArrayTensor.of(means, means.length);
  }

  /**
   * {@code apply_awq_equiv_scales.py}, of a model of all seven projections.
   *
   * @param parts which of its pairs of tensors
   */
  static ArrayCheckpoint rescaled(ArrayCheckpoint model, Set<Balanced> parts, Random random) {
    ArrayCheckpoint scaled = model;
    for (int block = 0; model.has(block(block) + UP + ".weight"); block++) {
      String prefix = block(block);
      for (Balanced part : parts) {
        scaled =
            switch (part) {
              case ATTENTION ->
                  byNorm(
                      scaled,
                      prefix,
                      "input_layernorm",
                      List.of("self_attn.q_proj", "self_attn.k_proj", VALUE),
                      random);
              case VALUES -> byRows(scaled, prefix, VALUE, "self_attn.o_proj", random);
              case MLP ->
                  byNorm(
                      scaled,
                      prefix,
                      "post_attention_layernorm",
                      List.of("mlp.gate_proj", UP),
                      random);
              case UP -> byRows(scaled, prefix, UP, "mlp.down_proj", random);
            };
      }
    }
    return scaled;
  }

  private static String block(int number) {
    return "model.layers." + number + ".";
  }

  private static ArrayCheckpoint byNorm(
      ArrayCheckpoint model, String prefix, String norm, List<String> after, Random random) {
    ArrayTensor before = model.tensor(prefix + norm + ".weight");
    int width = before.values().length;
    float[] factors = Layers.positive(random, width);
    ArrayCheckpoint scaled =
        model.with(prefix + norm + ".weight", times(before, i -> 1.0 / factors[i]));
    for (String name : after) {
      ArrayTensor weight = model.tensor(prefix + name + ".weight");
      scaled = scaled.with(prefix + name + ".weight", times(weight, i -> factors[i % width]));
    }
    return scaled;
  }

  // Rows of one, undone by the columns of another; heads may share values.
  private static ArrayCheckpoint byRows(
      ArrayCheckpoint model, String prefix, String one, String other, Random random) {
    ArrayTensor rows = model.tensor(prefix + one + ".weight");
    ArrayTensor columns = model.tensor(prefix + other + ".weight");
    int count = rows.shape().sizes().get(0).intValue();
    int width = rows.values().length / count;
    int in = columns.shape().sizes().get(1).intValue();
    int head = one.equals(VALUE) ? RandomModel.HEAD : count;
    float[] factors = Layers.positive(random, count);
    return model
        .with(prefix + one + ".weight", times(rows, i -> 1.0 / factors[i / width]))
        .with(
            prefix + other + ".weight",
            times(columns, i -> factors[i % in / head * count / in * head + i % in % head]));
  }

  private static ArrayTensor times(ArrayTensor tensor, IntToDoubleFunction factor) {
    double[] values = tensor.values().clone();
    Arrays.setAll(values, i -> values[i] * factor.applyAsDouble(i));
    return new ArrayTensor(tensor.dtype(), tensor.shape(), values);
  }
}
