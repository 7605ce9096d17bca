package io.qtrace.job.operations;

import io.qtrace.lut.Bake;
import io.qtrace.lut.LayerNames;
import io.qtrace.lut.Lut;
import io.qtrace.lut.LutDeltas;
import io.qtrace.lut.LutParameters;
import io.qtrace.lut.Requantize;
import io.qtrace.lut.Scales;
import io.qtrace.tensor.DType;
import io.qtrace.tensor.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * A model of three quantized layers [16, 8] of rank 2, the last with a LUT of 4 entries, and a
 * norm; and what each operation makes of it.
 */
public final class Layers {
  public static final LayerNames ATTENTION = new LayerNames("model.layers.0.self_attn.q_proj");
  public static final LayerNames MLP = new LayerNames("model.layers.0.mlp.up_proj");
  public static final LayerNames SMALL = new LayerNames("model.layers.0.mlp.down_proj");
  public static final List<LayerNames> TRAINABLE = List.of(ATTENTION, MLP);
  public static final List<LayerNames> ALL = List.of(ATTENTION, MLP, SMALL);
  public static final String NORM = "model.layers.0.input_layernorm.weight";

  public static final Lut FP4 =
      new Lut(
          -2, -1.5f, -1, -0.75f, -0.5f, -0.375f, -0.25f, -0.0625f, 0.0625f, 0.25f, 0.375f, 0.5f,
          0.75f, 1, 1.5f, 2);

  static final Lut FOUR = new Lut(-1, -0.25f, 0.25f, 1);
  private static final int OUT = 16;
  private static final int IN = 8;
  private static final int RANK = 2;

  private Layers() {}

  /** The state before any training: indices are those of weight and scales. */
  public static ArrayCheckpoint initial() {
    Random random = new Random(20261123);
    ArrayCheckpoint model = new ArrayCheckpoint(Map.of());
    for (LayerNames layer : ALL) {
      Lut lut = layer.equals(SMALL) ? FOUR : FP4;
      Shape shape = Shape.of(OUT, IN);
      model =
          model
              .with(layer.weight(), ArrayTensor.of(gaussian(random, OUT * IN, 1), OUT, IN))
              .with(layer.scaleA(), ArrayTensor.of(positive(random, OUT * RANK), OUT, RANK))
              .with(layer.scaleB(), ArrayTensor.of(positive(random, RANK * IN), RANK, IN))
              .with(layer.magnitude(), ArrayTensor.of(new float[] {6, 3}, RANK))
              .with(layer.lut(), ArrayTensor.of(lut.values(), lut.size()))
              .with(layer.indices(), new ArrayTensor(DType.INT16, shape, new double[OUT * IN]))
              .with(layer.quantized(), ArrayTensor.of(new float[OUT * IN], OUT, IN))
              .with(layer.bakedFlag(), new ArrayTensor(DType.INT8, Shape.of(), new double[] {0}));
    }
    return requantized(model).with(NORM, ArrayTensor.of(positive(random, IN), IN));
  }

  /** Optimizer steps on scales and LUTs; deltas appear where there are none. */
  public static ArrayCheckpoint trained(ArrayCheckpoint model, long seed) {
    Random random = new Random(seed);
    ArrayCheckpoint trained = model;
    for (LayerNames layer : ALL) {
      trained = trainedScales(trained, layer, random);
    }
    ArrayCheckpoint started = started(model);
    for (LayerNames layer : TRAINABLE) {
      trained = trained.with(layer.deltas(), moved(started.tensor(layer.deltas()), random));
    }
    return trained;
  }

  /** What training begins with: deltas that give the stored LUT, where there are none. */
  public static ArrayCheckpoint started(ArrayCheckpoint model) {
    ArrayCheckpoint started = model;
    for (LayerNames layer : TRAINABLE) {
      if (!model.has(layer.deltas())) {
        Lut stored = new Lut(model.tensor(layer.lut()).floats());
        float[] start = LutDeltas.initial(stored, LutParameters.training(stored)).logits();
        started = started.with(layer.deltas(), ArrayTensor.of(start, start.length));
      }
    }
    return started;
  }

  /** Optimizer steps on scales alone. */
  public static ArrayCheckpoint trainedScales(ArrayCheckpoint model, long seed) {
    Random random = new Random(seed);
    ArrayCheckpoint trained = model;
    for (LayerNames layer : ALL) {
      trained = trainedScales(trained, layer, random);
    }
    return trained;
  }

  private static ArrayCheckpoint trainedScales(
      ArrayCheckpoint model, LayerNames layer, Random random) {
    ArrayCheckpoint trained = model;
    for (String scale : List.of(layer.scaleA(), layer.scaleB(), layer.magnitude())) {
      trained = trained.with(scale, moved(trained.tensor(scale), random));
    }
    return trained;
  }

  private static ArrayTensor moved(ArrayTensor tensor, Random random) {
    double[] values =
        Arrays.stream(tensor.values()).map(x -> x * (1 + 0.2 * random.nextDouble())).toArray();
    return new ArrayTensor(tensor.dtype(), tensor.shape(), values);
  }

  /** The LUTs of the deltas written as the recipe's tool does, {@code _Q} refreshed. */
  public static ArrayCheckpoint baked(ArrayCheckpoint model) {
    return baked(model, false);
  }

  /** The LUTs that training used, written as they are, {@code _Q} refreshed. */
  public static ArrayCheckpoint bakedExactly(ArrayCheckpoint model) {
    return baked(model, true);
  }

  private static ArrayCheckpoint baked(ArrayCheckpoint model, boolean exact) {
    ArrayCheckpoint baked = model;
    for (LayerNames layer : TRAINABLE) {
      baked = baked(baked, layer, exact);
    }
    return baked;
  }

  private static ArrayCheckpoint baked(ArrayCheckpoint model, LayerNames layer, boolean exact) {
    return exact
        ? baked(model, layer, trainedLut(model, layer))
        : baked(model, layer, recipeLut(model, layer));
  }

  /** A layer of which a table takes the place of the deltas. */
  static ArrayCheckpoint baked(ArrayCheckpoint model, LayerNames layer, Lut lut) {
    return withLut(model, layer, lut).synced(layer).without(layer.deltas());
  }

  /** The LUT that the recipe's tool bakes. */
  static Lut recipeLut(ArrayCheckpoint model, LayerNames layer) {
    return Bake.baked(deltas(model, layer), new Lut(model.tensor(layer.lut()).floats()).maxAbs());
  }

  /** The stored LUTs brought up to the deltas. */
  public static ArrayCheckpoint refreshed(ArrayCheckpoint model) {
    ArrayCheckpoint refreshed = model;
    for (LayerNames layer : TRAINABLE) {
      refreshed = withLut(refreshed, layer, trainedLut(model, layer));
    }
    return refreshed;
  }

  /** The LUT that training uses which runs with the stored one's largest value. */
  public static Lut trainedLut(ArrayCheckpoint model, LayerNames layer) {
    return trainedLut(model, layer, new Lut(model.tensor(layer.lut()).floats()).maxAbs());
  }

  /** The LUT that training uses which runs with another {@code --lut-max-abs}. */
  static Lut trainedLut(ArrayCheckpoint model, LayerNames layer, double maxAbs) {
    return deltas(model, layer).lut(LutParameters.training(maxAbs));
  }

  private static LutDeltas deltas(ArrayCheckpoint model, LayerNames layer) {
    return new LutDeltas(model.tensor(layer.deltas()).floats());
  }

  /** Every {@code _Q} brought up to {@code lut[_indices]}. */
  public static ArrayCheckpoint synced(ArrayCheckpoint model) {
    ArrayCheckpoint synced = model;
    for (LayerNames layer : ALL) {
      synced = synced.synced(layer);
    }
    return synced;
  }

  /** Indices recomputed from weight and scales, then a sync. */
  public static ArrayCheckpoint requantized(ArrayCheckpoint model) {
    ArrayCheckpoint requantized = model;
    for (LayerNames layer : ALL) {
      DType dtype = model.tensor(layer.indices()).dtype();
      requantized = requantized.with(layer.indices(), nearest(model, layer, dtype)).synced(layer);
    }
    return requantized;
  }

  /** Indices of the entries nearest to weight over scales. */
  static ArrayTensor nearest(ArrayCheckpoint model, LayerNames layer, DType dtype) {
    Requantize requantize =
        new Requantize(
            Scales.trained(
                model.tensor(layer.scaleA()).floats(),
                model.tensor(layer.scaleB()).floats(),
                model.tensor(layer.magnitude()).floats()),
            new Lut(model.tensor(layer.lut()).floats()));
    int in = requantize.scales().in();
    float[] weights = model.tensor(layer.weight()).floats();
    double[] indices = new double[weights.length];
    for (int row = 0; row < requantize.scales().out(); row++) {
      Requantize.Row quotients =
          requantize.row(row, Arrays.copyOfRange(weights, row * in, (row + 1) * in));
      for (int i = 0; i < in; i++) {
        indices[row * in + i] = quotients.index(i);
      }
    }
    return new ArrayTensor(dtype, model.tensor(layer.weight()).shape(), indices);
  }

  /** Every float tensor in another dtype. */
  public static ArrayCheckpoint cast(ArrayCheckpoint model, DType dtype) {
    return model.map(tensor -> tensor.isFloat() ? tensor.as(dtype) : tensor);
  }

  /** The same with another stored LUT. */
  public static ArrayCheckpoint withLut(ArrayCheckpoint model, LayerNames layer, Lut lut) {
    return model.with(layer.lut(), ArrayTensor.of(lut.values(), lut.size()));
  }

  static float[] gaussian(Random random, int count, double scale) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) (scale * random.nextGaussian());
    }
    return values;
  }

  static float[] positive(Random random, int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) (0.5 + random.nextDouble());
    }
    return values;
  }
}
