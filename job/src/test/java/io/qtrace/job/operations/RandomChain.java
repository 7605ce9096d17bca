package io.qtrace.job.operations;

import io.qtrace.job.operations.RecipeTools.Balanced;
import io.qtrace.job.policy.EdgeKind;
import io.qtrace.lut.LayerNames;
import io.qtrace.lut.Lut;
import io.qtrace.tensor.DType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.LongStream;

/** A random model, and what tools of the recipe make of it one after another. */
public final class RandomChain {
  private static final Set<Tool> OF_FLOATS =
      EnumSet.of(Tool.RESCALE, Tool.QUANTIZE, Tool.COPY, Tool.CAST);
  private static final Set<Tool> OF_QUANTIZED =
      EnumSet.complementOf(
          EnumSet.of(Tool.RESCALE, Tool.QUANTIZE, Tool.ADAPTER_ALONE, Tool.MERGE_LORA));
  private static final Set<Tool> OF_ADAPTERS =
      EnumSet.of(Tool.COPY, Tool.CAST, Tool.SNAP_LAYERS, Tool.ADAPTER_ALONE, Tool.MERGE_LORA);
  private static final Set<Tool> SELDOM =
      EnumSet.of(
          Tool.COPY,
          Tool.CAST,
          Tool.SNAP_LAYERS,
          Tool.ADAPTER_ALONE,
          Tool.DEQUANTIZE,
          Tool.DEQUANTIZE_NARROW,
          Tool.FOUR_ENTRIES);
  private static final String WEIGHT = "model.layers.0.mlp.up_proj.weight"; // of every model
  private static final Float[] RATIOS = {1f, 2f, 0.5f, 1.5f, 8f / 3, 0.3721f};
  private static final DType[] NARROW = {DType.FLOAT16, DType.BFLOAT16};

  private static final Double[] STRETCHES = {1.0, 1.0, 0.9, 1.2, 1.5}; // of --lut-max-abs

  private final Random random;
  private ArrayCheckpoint model;
  private Regime regime;
  private final Map<LayerNames, Double> maxAbs = new HashMap<>(); // that the LUT trains with

  private RandomChain(long seed) {
    random = new Random(seed);
  }

  /** A step of a run whose floats but those of the LUTs are of a dtype. */
  public static Link trained(long seed, DType dtype) {
    Random random = new Random(seed);
    ArrayCheckpoint model = RandomModel.of(random);
    Regime regime = Regime.of(random, model);
    ArrayCheckpoint parent = rounded(regime.train(rounded(model, dtype), random), dtype);
    return new Link(Train.KIND, parent, rounded(regime.train(parent, random), dtype));
  }

  private static ArrayCheckpoint rounded(ArrayCheckpoint model, DType dtype) {
    ArrayCheckpoint rounded = model;
    for (String name : model.tensors().keySet()) {
      ArrayTensor tensor = model.tensor(name);
      LayerNames layer = new LayerNames(LayerNames.moduleOf(name));
      if (tensor.isFloat() && !name.equals(layer.lut()) && !name.equals(layer.deltas())) {
        rounded = rounded.with(name, tensor.as(dtype));
      }
    }
    return rounded;
  }

  /** One step, and which operation it is. */
  public record Link(EdgeKind kind, ArrayCheckpoint parent, ArrayCheckpoint child) {
    /** The same with something else in the child. */
    public Link with(ArrayCheckpoint other) {
      return new Link(kind, parent, other);
    }

    /**
     * Whether the step makes numbers of a tensor that follow from nothing: those that train or are
     * new.
     */
    public boolean isFree(String tensor) {
      ArrayTensor before = parent.tensor(tensor);
      boolean moves =
          before == null || !Arrays.equals(before.values(), child.tensor(tensor).values());
      boolean invents =
          kind.equals(Train.KIND)
              ? !LayerNames.ofIndices(tensor).isPresent()
              : RecipeTools.isLora(tensor)
                  || (isFactor(tensor) && (kind.equals(Quantize.KIND) || addsRanks(tensor)));
      return moves && invents;
    }

    private static boolean isFactor(String tensor) {
      LayerNames layer = new LayerNames(LayerNames.moduleOf(tensor));
      return List.of(layer.scaleA(), layer.scaleB(), layer.magnitude()).contains(tensor);
    }

    private boolean addsRanks(String tensor) {
      return parent.has(tensor)
          && parent.has(new LayerNames(LayerNames.moduleOf(tensor)).magnitude())
          && !parent.tensor(tensor).shape().equals(child.tensor(tensor).shape());
    }

    /** Whether an element of a tensor follows from nothing, where ranks were added to others. */
    public boolean isFree(String tensor, int index) {
      if (!isFree(tensor) || !addsRanks(tensor)) {
        return isFree(tensor);
      }
      List<Long> before = parent.tensor(tensor).shape().sizes();
      List<Long> after = child.tensor(tensor).shape().sizes();
      long columns = after.get(after.size() - 1);
      boolean beyond = index % columns >= before.get(before.size() - 1);
      return beyond || (before.size() == 2 && index / columns >= before.get(0));
    }

    /** Whether numbers of a tensor are computed from the parent's, and not in one way alone. */
    public boolean isWithinRounding(String tensor) {
      return List.of(Rescale.KIND, Dequantize.KIND, Convert.KIND).contains(kind)
          && child.tensor(tensor).isFloat()
          && !(parent.has(tensor) && parent.tensor(tensor).isSame(child.tensor(tensor)));
    }
  }

  /** Tools, where they begin and where chains end. */
  private enum Tool {
    TRAIN,
    BAKE,
    REFRESH,
    SYNC,
    SYNC_TRAINED,
    REQUANTIZE,
    REQUANTIZE_PART,
    SNAP,
    SNAP_LAYERS,
    CAST,
    COPY,
    ADAPTER,
    ADAPTER_ALONE,
    MERGE_LORA,
    REPLACE_LUT,
    CHOOSE_LUTS,
    DEQUANTIZE,
    DEQUANTIZE_NARROW,
    RESCALE,
    QUANTIZE,
    FOUR_ENTRIES
  }

  /**
   * A chain that begins with a training, or with a float model or one of V1; it ends before that
   * many steps where no tool takes the model: it is cast, an adapter alone or without a {@code _Q}.
   */
  public static List<Link> of(long seed, int steps) {
    RandomChain chain = new RandomChain(seed);
    List<Link> links = new ArrayList<>(chain.begin());
    while (links.size() < steps && !chain.isEnded()) {
      Tool tool = chain.any(Tool.values());
      if (chain.takes(tool) && (!SELDOM.contains(tool) || chain.random.nextInt(3) == 0)) {
        chain.next(tool).ifPresent(links::add);
      }
    }
    return links;
  }

  /** The first links of a kind, in chains of 6 steps of this seed and those that follow. */
  public static List<Link> links(long firstSeed, EdgeKind kind, int count) {
    return LongStream.iterate(firstSeed, seed -> seed + 1)
        .boxed()
        .flatMap(seed -> of(seed, 6).stream())
        .filter(link -> link.kind().equals(kind))
        .limit(count)
        .toList();
  }

  private List<Link> begin() {
    return switch (random.nextInt(6)) {
      case 0 -> {
        model = RandomModel.unquantized(random);
        yield List.of();
      }
      case 1 -> {
        model = RecipeTools.v1(RandomModel.unquantized(random), random);
        yield List.of(link(Convert.KIND, RecipeTools.v2(model, isDrawn(2))).orElseThrow());
      }
      default -> {
        model = RandomModel.of(random);
        regime = Regime.of(random, model).stretched(any(STRETCHES));
        yield List.of(link(Train.KIND, train()).orElseThrow());
      }
    };
  }

  @SafeVarargs
  private <T> T any(T... all) {
    return all[random.nextInt(all.length)];
  }

  private boolean isDrawn(int of) {
    return random.nextInt(of) == 0;
  }

  // Whether a tool is for such a model.
  private boolean takes(Tool tool) {
    Set<Tool> some = isFloat() ? OF_FLOATS : hasAdapter() ? OF_ADAPTERS : OF_QUANTIZED;
    return some.contains(tool);
  }

  private Optional<Link> next(Tool tool) {
    return switch (tool) {
      case TRAIN -> {
        if (regime == null || (isDrawn(3) && !isStale())) {
          regime = Regime.of(random, model).stretched(any(STRETCHES)); // another run
        }
        yield link(Train.KIND, train());
      }
      case BAKE -> link(Bake.KIND, baked(random.nextBoolean()));
      case REFRESH -> link(Refresh.KIND, refreshed());
      case SYNC -> link(Sync.KIND, synced());
      case SYNC_TRAINED -> link(Sync.KIND, syncedToTrained());
      case REQUANTIZE -> link(Requantize.KIND, requantized(Regime.Part.ALL));
      case REQUANTIZE_PART ->
          link(Requantize.KIND, requantized(any(Regime.Part.ATTENTION, Regime.Part.MLP)));
      case SNAP -> link(Snap.KIND, snapped());
      case SNAP_LAYERS -> link(Snap.KIND, snappedLayers());
      case CAST -> link(Cast.KIND, cast());
      case COPY -> Optional.of(new Link(Copy.KIND, model, model));
      case ADAPTER -> link(Adapter.KIND, adapted());
      case ADAPTER_ALONE -> link(Adapter.KIND, RecipeTools.adapterAlone(model));
      case MERGE_LORA -> link(MergeLora.KIND, RecipeTools.merged(model, any(RATIOS)));
      case REPLACE_LUT -> link(ReplaceLut.KIND, isTraining() ? model : withTable());
      case CHOOSE_LUTS ->
          link(ReplaceLut.KIND, isTraining() ? model : RecipeTools.withBestTables(model, random));
      case DEQUANTIZE -> link(Dequantize.KIND, RecipeTools.dequantized(model, DType.FLOAT32));
      case DEQUANTIZE_NARROW -> link(Dequantize.KIND, RecipeTools.dequantized(model, any(NARROW)));
      case RESCALE -> link(Rescale.KIND, isWhole() ? rescaled() : model);
      case QUANTIZE -> {
        regime = null;
        yield link(Quantize.KIND, RecipeTools.quantized(model, isDrawn(3), random));
      }
      case FOUR_ENTRIES ->
          link(
              Convert.KIND,
              isTraining() || hasFourEntries()
                  ? model
                  : RecipeTools.withFourEntries(model, random));
    };
  }

  private ArrayCheckpoint rescaled() {
    Set<Balanced> parts = EnumSet.of(any(Balanced.ATTENTION, Balanced.MLP));
    Arrays.stream(Balanced.values()).filter(part -> isDrawn(2)).forEach(parts::add);
    return RecipeTools.rescaled(model, parts, random);
  }

  private ArrayCheckpoint adapted() {
    Regime.Part part = any(Regime.Part.ALL, Regime.Part.ATTENTION, Regime.Part.MLP);
    return RecipeTools.withAdapter(model, part::has, isDrawn(3), random);
  }

  // Another table in which no index moves is as good as one that was changed by hand.
  private ArrayCheckpoint withTable() {
    Regime.Part part = any(Regime.Part.ALL, Regime.Part.ATTENTION, Regime.Part.MLP);
    ArrayCheckpoint with = RecipeTools.withTable(model, part::has, random);
    boolean moves =
        model.layers().stream()
            .map(LayerNames::indices)
            .anyMatch(name -> with.has(name) && !hasSame(name, with));
    return moves ? with : model;
  }

  private boolean hasSame(String name, ArrayCheckpoint other) {
    return model.has(name)
        && Arrays.equals(model.tensor(name).values(), other.tensor(name).values());
  }

  private boolean hasFourEntries() {
    return model.layers().stream().anyMatch(one -> model.tensor(one.lut()).values().length == 4);
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

  private boolean isEnded() {
    boolean whole =
        isFloat() || model.layers().stream().anyMatch(layer -> model.has(layer.quantized()));
    return !whole || model.tensor(WEIGHT).dtype() != DType.FLOAT32;
  }

  private boolean isFloat() {
    return model.layers().isEmpty() && !hasAdapter();
  }

  // Whether it has all that a block is of.
  private boolean isWhole() {
    return model.has("model.layers.0.mlp.gate_proj.weight");
  }

  private boolean hasAdapter() {
    return model.tensors().keySet().stream().anyMatch(RecipeTools::isLora);
  }

  // Whether a LUT trains.
  private boolean isTraining() {
    return model.layers().stream().anyMatch(this::isTraining);
  }

  private boolean isTraining(LayerNames layer) {
    return model.has(layer.deltas());
  }

  // Whether a _Q is not lut[_indices].
  private boolean isStale() {
    return !synced().isSame(model);
  }

  private ArrayCheckpoint train() {
    for (LayerNames layer : model.layers()) {
      if (!isTraining(layer)) {
        maxAbs.put(layer, regime.maxAbs(new Lut(model.tensor(layer.lut()).floats())));
      }
    }
    return regime.train(model, random);
  }

  private boolean reachesEnds(LayerNames layer) {
    double last = model.tensor(layer.lut()).values().length - 1;
    return model.has(layer.indices())
        && Arrays.stream(model.tensor(layer.indices()).values())
            .anyMatch(index -> index == 0 || index == last);
  }

  private Lut trainedLut(LayerNames layer) {
    return Layers.trainedLut(model, layer, maxAbs.get(layer));
  }

  private ArrayCheckpoint baked(boolean exact) {
    ArrayCheckpoint baked = model;
    for (LayerNames layer : model.layers()) {
      if (isTraining(layer)) {
        Lut lut = exact ? trainedLut(layer) : Layers.recipeLut(model, layer);
        baked = Layers.baked(baked, layer, lut);
      }
    }
    return baked;
  }

  private ArrayCheckpoint refreshed() {
    ArrayCheckpoint refreshed = model;
    for (LayerNames layer : model.layers()) {
      if (isTraining(layer)) {
        refreshed = Layers.withLut(refreshed, layer, trainedLut(layer));
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

  // Where the ends of each LUT show what training ran with.
  private ArrayCheckpoint syncedToTrained() {
    if (!model.layers().stream().filter(this::isTraining).allMatch(this::reachesEnds)) {
      return model;
    }
    ArrayCheckpoint synced = model;
    for (LayerNames layer : model.layers()) {
      if (isTraining(layer)) {
        Lut trained = trainedLut(layer);
        ArrayTensor quantized =
            Layers.withLut(model, layer, trained).synced(layer).tensor(layer.quantized());
        synced = synced.with(layer.quantized(), quantized);
      }
    }
    return synced;
  }

  // Of a model whose LUTs do not train; without it where no index moves.
  private ArrayCheckpoint requantized(Regime.Part part) {
    if (isTraining()) {
      return model;
    }
    boolean drops = random.nextBoolean();
    boolean moves = false;
    ArrayCheckpoint all = random.nextBoolean() ? snapped() : model;
    ArrayCheckpoint requantized = all;
    for (LayerNames layer : model.layers()) {
      if (!part.has(layer)) {
        requantized = drops ? requantized.without(layer.indices()) : requantized;
        continue;
      }
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
    return Layers.cast(model, any(NARROW));
  }
}
