package io.qtrace.job.train.recipe;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import io.qtrace.io.SafeText;
import io.qtrace.lut.LayerNames;
import io.qtrace.lut.Lut;
import io.qtrace.lut.LutDeltas;
import io.qtrace.lut.LutParameters;
import io.qtrace.tensor.Shape;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** Reads the quantized layers of a model, in groups of like ones. */
final class LayerGroups {
  private static final int MAX_LUT = 256; // an index is a byte here

  private final ModelConfig config;
  private final TrainableParameters trained;
  private final TensorOps arithmetic;
  private final QuantizedLinear form;
  private final ModelTensors tensors;

  LayerGroups(
      ModelConfig config,
      TrainableParameters trained,
      TensorOps arithmetic,
      QuantizedLinear form,
      ModelTensors tensors) {
    this.config = config;
    this.trained = trained;
    this.arithmetic = arithmetic;
    this.form = form;
    this.tensors = tensors;
  }

  /** Sizes that layers of a group share; lut is 0 where the LUT does not train. */
  private record Sizes(Projection projection, int rank, int lut) {}

  /**
   * Groups of all quantized layers. A layer is quantized if it has a {@code _Q}.
   *
   * @throws IllegalArgumentException if a layer lacks a tensor, or one has a wrong shape or value
   */
  List<LayerGroup> read() throws IOException {
    Map<Sizes, List<Integer>> blocks = new LinkedHashMap<>();
    for (Projection projection : Projection.values()) {
      for (int block = 0; block < config.layers(); block++) {
        if (isQuantized(projection.layer(block))) {
          blocks.computeIfAbsent(sizes(projection, block), sizes -> new ArrayList<>()).add(block);
        }
      }
    }
    List<LayerGroup> groups = new ArrayList<>();
    for (Map.Entry<Sizes, List<Integer>> group : blocks.entrySet()) {
      groups.add(group(group.getKey(), group.getValue()));
    }
    return groups;
  }

  boolean isQuantized(LayerNames layer) throws IOException {
    return tensors.has(layer.quantized()) || tensors.has(layer.indices());
  }

  private Sizes sizes(Projection projection, int block) throws IOException {
    LayerNames layer = projection.layer(block);
    checkNotBaked(layer);
    Shape magnitude = tensors.tensor(layer.magnitude()).shape();
    if (magnitude.rank() != 1 || magnitude.elements() < 1) {
      throw new IllegalArgumentException(
          "Invalid checkpoint: %s has the shape %s, expected [rank]"
              .formatted(SafeText.quoted(layer.magnitude()), magnitude));
    }
    int rank = Math.toIntExact(magnitude.elements());
    int lut = trained.lutScope().includes(projection) ? lutSize(layer) : 0;
    return new Sizes(projection, rank, lut);
  }

  private void checkNotBaked(LayerNames layer) throws IOException {
    Optional<HostTensor> flag = tensors.find(layer.bakedFlag());
    if (flag.isPresent() && flag.get().bytes().get(0) != 0) {
      throw new IllegalArgumentException(
          "Unsupported layer: the scales of %s are baked, expected a checkpoint that trains"
              .formatted(SafeText.quoted(layer.layer())));
    }
  }

  private int lutSize(LayerNames layer) throws IOException {
    Shape shape = tensors.tensor(layer.lut()).shape();
    long size = shape.elements();
    if (shape.rank() != 1 || size < 2 || size > MAX_LUT || size % 2 != 0) {
      throw new IllegalArgumentException(
          "Unsupported LUT: %s has the shape %s, expected an even size of 2 to %d"
              .formatted(SafeText.quoted(layer.lut()), shape, MAX_LUT));
    }
    long half = size / 2;
    double least = half * LutParameters.training(trained.lutMaxAbs()).minDelta();
    if (trained.lutMaxAbs() <= least) {
      throw new IllegalArgumentException(
          "Invalid LUT max abs: %s, expected more than %s, the least steps of %d values together"
              .formatted(trained.lutMaxAbs(), least, size / 2));
    }
    return (int) size;
  }

  private LayerGroup group(Sizes sizes, List<Integer> blocks) throws IOException {
    Projection projection = sizes.projection();
    int out = projection.out(config);
    int in = projection.in(config);
    int rank = sizes.rank();
    StackedScales scales =
        new StackedScales(
            scale(projection, blocks, LayerNames::scaleA, out, rank),
            scale(projection, blocks, LayerNames::scaleB, rank, in),
            scale(projection, blocks, LayerNames::magnitude, rank));
    if (sizes.lut() == 0) {
      NDList fixed = new NDList();
      for (int block : blocks) {
        fixed.add(tensors.floats(projection.layer(block).quantized(), out, in));
      }
      return new LayerGroup(
          projection, blocks, form, scales, Optional.of(stack(fixed)), Optional.empty());
    }
    NDList indices = new NDList();
    for (int block : blocks) {
      indices.add(tensors.indices(projection.layer(block).indices(), sizes.lut(), out, in));
    }
    TrainableLut lut =
        new TrainableLut(
            arithmetic,
            deltas(projection, blocks, sizes.lut()),
            stack(indices),
            trained.lutMaxAbs());
    return new LayerGroup(projection, blocks, form, scales, Optional.empty(), Optional.of(lut));
  }

  private Parameter scale(
      Projection projection, List<Integer> blocks, Function<LayerNames, String> kind, long... sizes)
      throws IOException {
    List<String> names = names(projection, blocks, kind);
    NDList values = new NDList();
    for (String name : names) {
      values.add(tensors.floats(name, sizes));
    }
    return new Parameter(names, Shape.of(sizes), values, trained.scales());
  }

  // Deltas of the checkpoint continue training; else those start whose LUT is the stored one.
  private Parameter deltas(Projection projection, List<Integer> blocks, int lutSize)
      throws IOException {
    List<String> names = names(projection, blocks, LayerNames::deltas);
    int half = lutSize / 2;
    NDList values = new NDList();
    for (int i = 0; i < names.size(); i++) {
      if (tensors.has(names.get(i))) {
        values.add(tensors.floats(names.get(i), half));
      } else {
        Lut stored = stored(projection.layer(blocks.get(i)).lut(), lutSize);
        LutParameters parameters = LutParameters.training(trained.lutMaxAbs());
        values.add(tensors.manager().create(LutDeltas.initial(stored, parameters).logits()));
      }
    }
    return new Parameter(names, Shape.of(half), values, true);
  }

  private Lut stored(String name, int size) throws IOException {
    try (NDArray values = tensors.floats(name, size)) {
      return new Lut(values.toFloatArray());
    }
  }

  private static List<String> names(
      Projection projection, List<Integer> blocks, Function<LayerNames, String> kind) {
    return blocks.stream().map(projection::layer).map(kind).toList();
  }

  private static NDArray stack(NDList arrays) {
    try (arrays) {
      return NDArrays.stack(arrays);
    }
  }
}
