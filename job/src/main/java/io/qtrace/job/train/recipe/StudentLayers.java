package io.qtrace.job.train.recipe;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDScope;
import io.qtrace.lut.LayerNames;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** All linear layers of a model: quantized ones in groups, the others as float weights. */
final class StudentLayers {
  private final List<LayerGroup> groups;
  private final List<JointGroup> joint;
  private final Map<LayerNames, LinearLayer> floats = new HashMap<>();

  StudentLayers(ModelConfig config, Recipe recipe, TensorOps arithmetic, ModelTensors tensors)
      throws IOException {
    QuantizedLinear form = QuantizedLinear.of(recipe.forward(), arithmetic);
    LayerGroups reader = new LayerGroups(config, recipe.trained(), arithmetic, form, tensors);
    groups = reader.read();
    joint = JointGroup.of(groups, form);
    for (Projection projection : Projection.values()) {
      for (int block = 0; block < config.layers(); block++) {
        LayerNames layer = projection.layer(block);
        if (!reader.isQuantized(layer)) {
          NDArray weight =
              tensors.floats(layer.weight(), projection.out(config), projection.in(config));
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

  /** What all quantized layers multiply with until the parameters change; for each joint group. */
  List<List<NDArray>> operands() {
    try (Autograd autograd = Autograd.paused()) {
      return joint.stream().map(StudentLayers::operands).toList();
    }
  }

  // Only the operands outlive this, not what they are computed from: a group's Q and its indices
  // take much memory.
  private static List<NDArray> operands(JointGroup group) {
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
    private final Map<LayerNames, LinearLayer> layers =
        new HashMap<>(floats); // joint: by the first

    private Pass(List<List<NDArray>> operands) {
      for (int g = 0; g < joint.size(); g++) {
        JointGroup group = joint.get(g);
        List<List<NDArray>> ofGroup = group.leaves(operands.get(g));
        leaves.add(ofGroup);
        Projection first = group.groups().get(0).projection();
        for (int i = 0; i < group.blocks().size(); i++) {
          layers.put(first.layer(group.blocks().get(i)), group.layer(ofGroup, i));
        }
      }
    }

    @Override
    public NDArray apply(int block, Product product, NDArray x) {
      List<NDArray> outputs =
          product.projections().stream()
              .map(projection -> layers.get(projection.layer(block)))
              .filter(Objects::nonNull)
              .map(layer -> layer.apply(x))
              .toList();
      return outputs.size() == 1 ? outputs.get(0) : NDArrays.concat(new NDList(outputs), 1);
    }

    /** After the backward pass of a loss: adds to the gradients of the parameters. */
    void backward() {
      for (int g = 0; g < joint.size(); g++) {
        joint.get(g).backward(leaves.get(g));
      }
    }
  }
}
