package io.qtrace.job.operations;

import io.qtrace.lut.LayerNames;
import io.qtrace.lut.Lut;
import io.qtrace.tensor.DType;
import io.qtrace.tensor.Shape;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Models of random sizes: two blocks of layers, norms and an embedding. */
final class RandomModel {
  private static final List<String> LINEAR =
      List.of("self_attn.q_proj", "self_attn.o_proj", "mlp.up_proj", "mlp.down_proj");
  private static final List<String> NORMS =
      List.of("input_layernorm", "post_attention_layernorm", "self_attn.q_norm");
  private static final List<DType> INDICES = List.of(DType.INT64, DType.INT16, DType.UINT8);
  private static final int WIDTH = 8; // columns are a multiple of it
  private static final int BLOCKS = 2;

  /** Rows of a head of queries, keys or values of a {@link #unquantized} model. */
  static final int HEAD = 4;

  private RandomModel() {}

  /** Indices are those of weight and scales; the MLP of some models has LUTs of 4 entries. */
  static ArrayCheckpoint of(Random random) {
    ArrayCheckpoint model = new ArrayCheckpoint(Map.of());
    int hidden = WIDTH * (1 + random.nextInt(2));
    DType dtype = INDICES.get(random.nextInt(INDICES.size()));
    boolean small = random.nextInt(3) == 0;
    model = model.with("model.embed_tokens.weight", matrix(random, 12, hidden));
    for (int block = 0; block < BLOCKS; block++) {
      String prefix = "model.layers." + block + ".";
      for (String name : LINEAR) {
        Lut lut = small && name.startsWith("mlp") ? Layers.FOUR : Layers.FP4;
        model = withLayer(model, new LayerNames(prefix + name), lut, dtype, random);
      }
      for (String name : NORMS) {
        model = model.with(prefix + name + ".weight", norm(random, hidden));
      }
    }
    return model.with("model.norm.weight", norm(random, hidden));
  }

  /** A float model of all seven projections, whose heads may share keys and values. */
  static ArrayCheckpoint unquantized(Random random) {
    int hidden = WIDTH * (1 + random.nextInt(2));
    int queries = WIDTH * (1 + random.nextInt(2));
    int values = random.nextBoolean() ? queries : HEAD;
    int inner = WIDTH * (1 + random.nextInt(3));
    ArrayCheckpoint model = new ArrayCheckpoint(Map.of());
    model = model.with("model.embed_tokens.weight", matrix(random, 12, hidden));
    for (int block = 0; block < BLOCKS; block++) {
      String prefix = "model.layers." + block + ".";
      for (String name : List.of("input_layernorm", "post_attention_layernorm")) {
        model = model.with(prefix + name + ".weight", norm(random, hidden));
      }
      model =
          model
              .with(prefix + "self_attn.q_proj.weight", matrix(random, queries, hidden))
              .with(prefix + "self_attn.k_proj.weight", matrix(random, values, hidden))
              .with(prefix + "self_attn.v_proj.weight", matrix(random, values, hidden))
              .with(prefix + "self_attn.o_proj.weight", matrix(random, hidden, queries))
              .with(prefix + "self_attn.q_norm.weight", norm(random, HEAD))
              .with(prefix + "mlp.gate_proj.weight", matrix(random, inner, hidden))
              .with(prefix + "mlp.up_proj.weight", matrix(random, inner, hidden))
              .with(prefix + "mlp.down_proj.weight", matrix(random, hidden, inner));
    }
    return model.with("model.norm.weight", norm(random, hidden));
  }

  // Scales are above zero and about as large as the weights.
  private static ArrayCheckpoint withLayer(
      ArrayCheckpoint model, LayerNames layer, Lut lut, DType dtype, Random random) {
    int out = WIDTH * (1 + random.nextInt(3)) - random.nextInt(3);
    int in = WIDTH * (1 + random.nextInt(2));
    int rank = 2 + random.nextInt(3);
    float[] magnitude = Layers.positive(random, rank);
    for (int k = 0; k < rank; k++) {
      magnitude[k] *= (float) (Math.sqrt((double) out * in) / rank);
    }
    Map<String, ArrayTensor> tensors = new LinkedHashMap<>(model.tensors());
    tensors.put(layer.weight(), matrix(random, out, in));
    tensors.put(layer.scaleA(), ArrayTensor.of(Layers.positive(random, out * rank), out, rank));
    tensors.put(layer.scaleB(), ArrayTensor.of(Layers.positive(random, rank * in), rank, in));
    tensors.put(layer.magnitude(), ArrayTensor.of(magnitude, rank));
    tensors.put(layer.lut(), ArrayTensor.of(lut.values(), lut.size()));
    tensors.put(layer.quantized(), ArrayTensor.of(new float[out * in], out, in));
    tensors.put(layer.bakedFlag(), new ArrayTensor(DType.INT8, Shape.of(), new double[] {0}));
    ArrayCheckpoint with = new ArrayCheckpoint(tensors);
    return with.with(layer.indices(), Layers.nearest(with, layer, dtype)).synced(layer);
  }

  private static ArrayTensor matrix(Random random, int rows, int columns) {
    return ArrayTensor.of(Layers.gaussian(random, rows * columns, 1), rows, columns);
  }

  private static ArrayTensor norm(Random random, int width) {
    return ArrayTensor.of(Layers.positive(random, width), width);
  }
}
