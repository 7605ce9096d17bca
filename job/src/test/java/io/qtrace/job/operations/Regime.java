package io.qtrace.job.operations;

import io.qtrace.lut.LayerNames;
import io.qtrace.lut.Lut;
import io.qtrace.lut.LutDeltas;
import io.qtrace.lut.LutParameters;
import io.qtrace.tensor.DType;
import java.util.Arrays;
import java.util.Random;

/**
 * What a run trains, as the recipe's trainer saves it.
 *
 * @param part of which layers the factors of the scales train
 * @param magnitudes what becomes of those layers' magnitudes
 * @param lut of which layers the LUT trains; those of 4 entries never do
 * @param norms whether they train
 * @param drops whether {@code _indices} of layers whose LUT does not train are not saved
 * @param rate how far what trains moves at most, relative; deltas about as far
 * @param stretch {@code --lut-max-abs} of the largest value of the table that the LUT starts from
 */
record Regime(
    Part part,
    Magnitudes magnitudes,
    Part lut,
    boolean norms,
    boolean drops,
    double rate,
    double stretch) {
  private static final double[] RATES = {0.05, 0.01, 0.001};

  /** Some of a model's layers. */
  enum Part {
    NONE,
    ALL,
    ATTENTION,
    MLP;

    boolean has(LayerNames layer) {
      return switch (this) {
        case NONE -> false;
        case ALL -> true;
        case ATTENTION -> layer.layer().contains("self_attn");
        case MLP -> layer.layer().contains("mlp");
      };
    }
  }

  /** Of magnitudes. */
  enum Magnitudes {
    TRAINED,
    FROZEN,
    /** Rounded to values of float16 before the first step, then frozen. */
    HALVED,
    /** They train, the factors do not. */
    ALONE
  }

  /** One that trains something of a model. */
  static Regime of(Random random, ArrayCheckpoint model) {
    Part part = any(random, Part.values());
    Part lut = any(random, Part.values());
    boolean norms = random.nextInt(4) == 0;
    boolean any =
        part != Part.NONE
            || norms
            || model.layers().stream().anyMatch(layer -> isTrainable(model, layer, lut));
    return new Regime(
        any ? part : Part.ALL,
        any(random, Magnitudes.values()),
        lut,
        norms,
        random.nextBoolean(),
        RATES[random.nextInt(RATES.length)],
        1);
  }

  /** The same whose LUTs train with another {@code --lut-max-abs}. */
  Regime stretched(double by) {
    return new Regime(part, magnitudes, lut, norms, drops, rate, by);
  }

  /** {@code --lut-max-abs} of a LUT that starts from a table: a number that a person gives. */
  double maxAbs(Lut stored) {
    return stretch == 1 ? stored.maxAbs() : Math.round(100 * stretch * stored.maxAbs()) / 100.0;
  }

  private static <T> T any(Random random, T[] all) {
    return all[random.nextInt(all.length)];
  }

  private static boolean isTrainable(ArrayCheckpoint model, LayerNames layer, Part lut) {
    return lut.has(layer) && model.tensor(layer.lut()).values().length == Layers.FP4.size();
  }

  /** Some optimizer steps. */
  ArrayCheckpoint train(ArrayCheckpoint model, Random random) {
    ArrayCheckpoint trained = model;
    for (LayerNames layer : model.layers()) {
      if (part.has(layer)) {
        trained = scales(trained, layer, random);
      }
      trained =
          isTrainable(model, layer, lut)
              ? lut(trained, layer, random)
              : trained.without(layer.deltas());
      if (drops && !isTrainable(model, layer, lut)) {
        trained = trained.without(layer.indices());
      }
    }
    for (String name : model.tensors().keySet()) {
      if (norms && name.endsWith("norm.weight")) {
        trained = moved(trained, name, random);
      }
    }
    return trained;
  }

  private ArrayCheckpoint scales(ArrayCheckpoint model, LayerNames layer, Random random) {
    ArrayCheckpoint trained = model;
    if (magnitudes != Magnitudes.ALONE) {
      trained = moved(moved(trained, layer.scaleA(), random), layer.scaleB(), random);
    }
    return switch (magnitudes) {
      case TRAINED, ALONE -> moved(trained, layer.magnitude(), random);
      case HALVED -> halved(trained, layer.magnitude());
      case FROZEN -> trained;
    };
  }

  private ArrayCheckpoint moved(ArrayCheckpoint model, String name, Random random) {
    ArrayTensor tensor = model.tensor(name);
    double[] values =
        Arrays.stream(tensor.values()).map(x -> x * (1 + rate * random.nextDouble())).toArray();
    return model.with(name, new ArrayTensor(tensor.dtype(), tensor.shape(), values));
  }

  /** Values rounded to those of float16, in float32. */
  static ArrayCheckpoint halved(ArrayCheckpoint model, String name) {
    return model.with(name, model.tensor(name).as(DType.FLOAT16).as(DType.FLOAT32));
  }

  // Indices become int16, and are made of _Q where there are none.
  private ArrayCheckpoint lut(ArrayCheckpoint model, LayerNames layer, Random random) {
    Lut stored = new Lut(model.tensor(layer.lut()).floats());
    float[] logits =
        model.has(layer.deltas())
            ? model.tensor(layer.deltas()).floats()
            : LutDeltas.initial(stored, LutParameters.training(maxAbs(stored))).logits();
    for (int i = 0; i < logits.length; i++) {
      logits[i] += (float) (rate * random.nextGaussian());
    }
    ArrayTensor indices =
        model.has(layer.indices())
            ? model.tensor(layer.indices()).as(DType.INT16)
            : indices(model.tensor(layer.quantized()), stored);
    return model
        .with(layer.deltas(), ArrayTensor.of(logits, logits.length))
        .with(layer.indices(), indices);
  }

  private static ArrayTensor indices(ArrayTensor quantized, Lut lut) {
    double[] indices =
        Arrays.stream(quantized.values()).map(value -> lut.nearest((float) value)).toArray();
    return new ArrayTensor(DType.INT16, quantized.shape(), indices);
  }
}
