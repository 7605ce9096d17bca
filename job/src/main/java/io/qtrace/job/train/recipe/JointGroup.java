package io.qtrace.job.train.recipe;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDScope;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Groups of the same blocks whose weights stand one below the other, so that one product gives the
 * outputs of all; or one group alone. A GPU waits for the operations of a step to be called, so
 * fewer are faster.
 *
 * @param groups several ones have the materialized form and are all projections of one {@link
 *     Product}, in its order
 */
record JointGroup(List<LayerGroup> groups) {
  private static final int ROWS = 1; // the dimension of outputs in weights [layers, out, in]

  private record Key(Product product, List<Integer> blocks) {}

  /** All groups, joined where they can be. */
  static List<JointGroup> of(List<LayerGroup> groups, QuantizedLinear form) {
    Map<Key, List<LayerGroup>> alike = new LinkedHashMap<>();
    for (LayerGroup group : groups) {
      Key key = new Key(Product.of(group.projection()), group.blocks());
      alike.computeIfAbsent(key, product -> new ArrayList<>()).add(group);
    }
    List<JointGroup> joint = new ArrayList<>();
    alike.forEach(
        (key, members) -> {
          if (form.isOneProduct() && members.size() == key.product().projections().size()) {
            joint.add(new JointGroup(members));
          } else {
            members.forEach(group -> joint.add(new JointGroup(List.of(group))));
          }
        });
    return joint;
  }

  /** Blocks of each layer. */
  List<Integer> blocks() {
    return first().blocks();
  }

  /** What the layers multiply with, each [layers, ...]. */
  List<NDArray> operands() {
    if (groups.size() == 1) {
      return first().operands();
    }
    NDList weights = new NDList();
    groups.forEach(group -> weights.addAll(group.operands()));
    return List.of(NDArrays.concat(weights, ROWS));
  }

  /**
   * Leaves of a forward pass: each layer's part of the operands, with a gradient where training
   * needs it.
   *
   * @return for each operand, for each layer
   */
  List<List<NDArray>> leaves(List<NDArray> operands) {
    List<Boolean> trains = first().trains();
    List<List<NDArray>> leaves = new ArrayList<>();
    for (int i = 0; i < operands.size(); i++) {
      List<NDArray> ofLayers = new ArrayList<>();
      for (NDArray part : operands.get(i).split(blocks().size(), 0)) {
        NDArray leaf = part.squeeze(0).stopGradient();
        if (trains.get(i)) {
          leaf.setRequiresGradient(true);
        }
        ofLayers.add(leaf);
      }
      leaves.add(ofLayers);
    }
    return leaves;
  }

  /** Layer {@code i} of each group, with the outputs of all side by side. */
  LinearLayer layer(List<List<NDArray>> leaves, int i) {
    return first().form().layer(leaves.stream().map(ofLayers -> ofLayers.get(i)).toList());
  }

  /** From the leaves' gradients to the parameters': adds to them. */
  void backward(List<List<NDArray>> leaves) {
    List<Boolean> trains = first().trains();
    if (!trains.contains(true)) {
      return;
    }
    try (NDScope scope = new NDScope()) {
      List<NDArray> gradients = new ArrayList<>();
      for (int i = 0; i < leaves.size(); i++) {
        if (trains.get(i)) {
          NDList ofLayers = new NDList();
          leaves.get(i).forEach(leaf -> ofLayers.add(leaf.getGradient()));
          gradients.add(NDArrays.stack(ofLayers));
        }
      }
      if (groups.size() == 1) {
        first().backward(gradients);
      } else {
        NDList parts = gradients.get(0).split(lastRows(), ROWS);
        for (int g = 0; g < groups.size(); g++) {
          groups.get(g).backward(List.of(parts.get(g)));
        }
      }
    }
  }

  // Where each group but the last ends.
  private long[] lastRows() {
    long[] ends = new long[groups.size() - 1];
    long end = 0;
    for (int g = 0; g < ends.length; g++) {
      end += groups.get(g).rows();
      ends[g] = end;
    }
    return ends;
  }

  private LayerGroup first() {
    return groups.get(0);
  }
}
