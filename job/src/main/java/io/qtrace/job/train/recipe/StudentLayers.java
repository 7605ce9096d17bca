package io.qtrace.job.train.recipe;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** All linear layers of a model: quantized ones in groups, the others as float weights. */
final class StudentLayers {
  private final List<LayerGroup> groups;
  private final Map<String, LinearLayer> floats = new HashMap<>(); // by name

  StudentLayers(ModelConfig config, Recipe recipe, Arithmetic arithmetic, ModelTensors tensors)
      throws IOException {
    LayerGroups reader = new LayerGroups(config, recipe, arithmetic, tensors);
    groups = reader.read();
    for (Projection projection : Projection.values()) {
      for (int block = 0; block < config.layers(); block++) {
        String layer = projection.layer(block);
        if (!reader.isQuantized(layer)) {
          NDArray weight =
              tensors.floats(layer + ".weight", projection.out(config), projection.in(config));
          NDArray operand = arithmetic.frozenOperand(weight);
          floats.put(layer, x -> arithmetic.linear(x, operand));
        }
      }
    }
  }

  /** The trained scales, in a fixed order. */
  List<Parameter> scales() {
    return groups.stream()
        .flatMap(group -> group.scales().parameters().stream())
        .filter(Parameter::trains)
        .toList();
  }

  /** The trained LUT deltas, in a fixed order. */
  List<Parameter> deltas() {
    return groups.stream()
        .flatMap(group -> group.lut().stream())
        .map(TrainableLut::deltas)
        .toList();
  }

  /** What all quantized layers multiply with until the parameters change; for each group. */
  List<List<NDArray>> operands() {
    try (Autograd autograd = Autograd.paused()) {
      return groups.stream().map(StudentLayers::operands).toList();
    }
  }

  // Only the operands outlive this, not what they are computed from: a group's Q and its indices
  // take much memory.
  private static List<NDArray> operands(LayerGroup group) {
    List<NDArray> operands;
    try (NDScope scope = new NDScope()) {
      operands = group.operands();
      operands.forEach(NDScope::unregister);
    }
    operands.forEach(NDScope::register);
    return operands;
  }

  /** The layers for one forward pass over the operands. */
  Pass pass(List<List<NDArray>> operands) {
    return new Pass(operands);
  }

  /** One forward pass, and the way back from it to the parameters. */
  final class Pass implements Qwen3.Layers {
    private final List<List<List<NDArray>>> leaves = new ArrayList<>(); // group, operand, layer
    private final Map<String, LinearLayer> layers = new HashMap<>(floats);

    private Pass(List<List<NDArray>> operands) {
      for (int g = 0; g < groups.size(); g++) {
        LayerGroup group = groups.get(g);
        List<List<NDArray>> ofGroup = group.leaves(operands.get(g));
        leaves.add(ofGroup);
        for (int i = 0; i < group.blocks().size(); i++) {
          layers.put(group.projection().layer(group.blocks().get(i)), group.layer(ofGroup, i));
        }
      }
    }

    @Override
    public LinearLayer layer(int block, Projection projection) {
      return layers.get(projection.layer(block));
    }

    /** After the backward pass of a loss: adds to the gradients of the parameters. */
    void backward() {
      for (int g = 0; g < groups.size(); g++) {
        groups.get(g).backward(leaves.get(g));
      }
    }
  }
}
