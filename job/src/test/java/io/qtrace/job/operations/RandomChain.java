package io.qtrace.job.operations;

import io.qtrace.job.policy.EdgeKind;
import io.qtrace.lut.LayerNames;
import io.qtrace.lut.Lut;
import io.qtrace.tensor.DType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;

/** A random model, and what tools of the recipe make of it one after another. */
public final class RandomChain {
  private final Random random;
  private ArrayCheckpoint model;
  private Regime regime;

  private RandomChain(long seed) {
    random = new Random(seed);
    model = RandomModel.of(random);
    regime = Regime.of(random, model);
  }

  /** One step, and which operation it is. */
  public record Link(EdgeKind kind, ArrayCheckpoint parent, ArrayCheckpoint child) {
    /** The same with something else in the child. */
    public Link with(ArrayCheckpoint other) {
      return new Link(kind, parent, other);
    }

    /** Whether the step makes numbers of a tensor that follow from nothing: those that train. */
    public boolean isFree(String tensor) {
      ArrayTensor before = parent.tensor(tensor);
      return kind.equals(Train.KIND)
          && !LayerNames.ofIndices(tensor).isPresent()
          && (before == null || !Arrays.equals(before.values(), child.tensor(tensor).values()));
    }
  }

  /** Tools. */
  private enum Tool {
    TRAIN,
    BAKE,
    REFRESH,
    SYNC,
    SYNC_TRAINED,
    REQUANTIZE,
    SNAP,
    SNAP_LAYERS,
    CAST,
    COPY
  }

  /**
   * A chain that begins with a training; it ends before that many steps where the model is cast.
   */
  public static List<Link> of(long seed, int steps) {
    RandomChain chain = new RandomChain(seed);
    List<Link> links = new ArrayList<>();
    links.add(chain.link(Train.KIND, chain.train()).orElseThrow());
    while (links.size() < steps && !chain.isCast()) {
      chain.next(Tool.values()[chain.random.nextInt(Tool.values().length)]).ifPresent(links::add);
    }
    return links;
  }

  private Optional<Link> next(Tool tool) {
    return switch (tool) {
      case TRAIN -> {
        if (random.nextInt(3) == 0 && !isStale()) {
          regime = Regime.of(random, model); // another run
        }
        yield link(Train.KIND, train());
      }
      case BAKE -> link(Bake.KIND, baked(random.nextBoolean()));
      case REFRESH -> link(Refresh.KIND, refreshed());
      case SYNC -> link(Sync.KIND, synced());
      case SYNC_TRAINED -> link(Sync.KIND, syncedToTrained());
      case REQUANTIZE -> link(Requantize.KIND, requantized());
      case SNAP -> link(Snap.KIND, snapped());
      case SNAP_LAYERS -> link(Snap.KIND, snappedLayers());
      case CAST -> link(Cast.KIND, cast());
      case COPY -> Optional.of(new Link(Copy.KIND, model, model));
    };
  }

  // Empty where the tool changes nothing.
  private Optional<Link> link(EdgeKind kind, ArrayCheckpoint child) {
    if (child.isSame(model)) {
      return Optional.empty();
    }
    Link link = new Link(kind, model, child);
    model = child;
    return Optional.of(link);
  }

  private boolean isCast() {
    LayerNames layer = model.layers().get(0);
    return model.tensor(layer.weight()).dtype() != DType.FLOAT32;
  }

  private boolean isTraining(LayerNames layer) {
    return model.has(layer.deltas());
  }

  // Whether a _Q is not lut[_indices].
  private boolean isStale() {
    return !synced().isSame(model);
  }

  private ArrayCheckpoint train() {
    return regime.train(model, random);
  }

  private ArrayCheckpoint baked(boolean exact) {
    ArrayCheckpoint baked = model;
    for (LayerNames layer : model.layers()) {
      baked = isTraining(layer) ? Layers.baked(baked, layer, exact) : baked;
    }
    return baked;
  }

  private ArrayCheckpoint refreshed() {
    ArrayCheckpoint refreshed = model;
    for (LayerNames layer : model.layers()) {
      if (isTraining(layer)) {
        refreshed = Layers.withLut(refreshed, layer, Layers.trainedLut(model, layer));
      }
    }
    return refreshed;
  }

  private ArrayCheckpoint synced() {
    ArrayCheckpoint synced = model;
    for (LayerNames layer : model.layers()) {
      synced = model.has(layer.indices()) ? synced.synced(layer) : synced;
    }
    return synced;
  }

  private ArrayCheckpoint syncedToTrained() {
    ArrayCheckpoint synced = model;
    for (LayerNames layer : model.layers()) {
      if (isTraining(layer)) {
        Lut trained = Layers.trainedLut(model, layer);
        ArrayTensor quantized =
            Layers.withLut(model, layer, trained).synced(layer).tensor(layer.quantized());
        synced = synced.with(layer.quantized(), quantized);
      }
    }
    return synced;
  }

  // Of a model whose LUTs do not train; without it where no index moves.
  private ArrayCheckpoint requantized() {
    if (model.layers().stream().anyMatch(this::isTraining)) {
      return model;
    }
    boolean drops = random.nextBoolean();
    boolean moves = false;
    ArrayCheckpoint all = random.nextBoolean() ? snapped() : model;
    ArrayCheckpoint requantized = all;
    for (LayerNames layer : model.layers()) {
      DType dtype =
          model.has(layer.indices()) ? model.tensor(layer.indices()).dtype() : DType.INT64;
      ArrayCheckpoint one =
          all.with(layer.indices(), Layers.nearest(all, layer, dtype)).synced(layer);
      ArrayTensor quantized = one.tensor(layer.quantized());
      moves |= !Arrays.equals(quantized.values(), model.tensor(layer.quantized()).values());
      requantized = requantized.with(layer.quantized(), quantized);
      requantized =
          drops || !model.has(layer.indices())
              ? requantized.without(layer.indices())
              : requantized.with(layer.indices(), one.tensor(layer.indices()));
    }
    return moves ? requantized : model;
  }

  private ArrayCheckpoint snapped() {
    ArrayCheckpoint snapped = model;
    for (LayerNames layer : model.layers()) {
      snapped = Regime.halved(snapped, layer.magnitude());
    }
    return snapped;
  }

  // The quantized layers in float16, embeddings and norms as they are.
  private ArrayCheckpoint snappedLayers() {
    Map<String, ArrayTensor> snapped = new LinkedHashMap<>(model.tensors());
    snapped.replaceAll(
        (name, tensor) -> {
          LayerNames layer = new LayerNames(LayerNames.moduleOf(name));
          return model.has(layer.lut()) && tensor.isFloat() ? tensor.as(DType.FLOAT16) : tensor;
        });
    return new ArrayCheckpoint(snapped);
  }

  private ArrayCheckpoint cast() {
    return Layers.cast(model, random.nextBoolean() ? DType.FLOAT16 : DType.BFLOAT16);
  }
}
