package io.qtrace.job.train.recipe;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import io.qtrace.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** One kind of tensor of some layers, stacked: what an optimizer step changes at once. */
final class Parameter {
  private final List<String> names;
  private final Shape shape; // of one layer's tensor
  private final NDArray value; // [layers, shape...]
  private final boolean trains;
  private final NDArray firstMoment;
  private final NDArray secondMoment;

  /**
   * @param tensors of each layer, float32 on the manager's device; closed
   */
  Parameter(List<String> names, Shape shape, NDList tensors, boolean trains) {
    this.names = List.copyOf(names);
    this.shape = shape;
    this.trains = trains;
    this.value = NDArrays.stack(tensors);
    tensors.close();
    NDManager manager = value.getManager();
    if (trains) {
      value.setRequiresGradient(true);
      firstMoment = manager.zeros(value.getShape());
      secondMoment = manager.zeros(value.getShape());
    } else {
      firstMoment = null;
      secondMoment = null;
    }
  }

  boolean trains() {
    return trains;
  }

  /** [layers, shape...], a leaf that has a gradient if it trains. */
  NDArray value() {
    return value;
  }

  NDArray firstMoment() {
    return firstMoment;
  }

  NDArray secondMoment() {
    return secondMoment;
  }

  int size() {
    return Math.toIntExact(value.size());
  }

  /** Adds each layer's part of an array of this parameter's shape, under the layer's name. */
  void export(NDArray array, Map<String, HostTensor> target) {
    HostTensor[] tensors = NativeArrays.toHost(array, shape);
    for (int i = 0; i < tensors.length; i++) {
      target.put(names.get(i), tensors[i]);
    }
  }

  /**
   * Fills an array of this parameter's shape from each layer's part.
   *
   * @throws IllegalArgumentException if a part is missing or has another shape
   */
  void restore(NDArray array, Map<String, HostTensor> source) {
    List<NDArray> parts = new ArrayList<>();
    for (String name : names) {
      HostTensor part = source.get(name);
      if (part == null || !part.shape().equals(shape)) {
        throw new IllegalArgumentException(
            "Invalid state: %s is %s, expected %s"
                .formatted(name, part == null ? "missing" : part.shape().toString(), shape));
      }
      parts.add(NativeArrays.floats(array.getManager(), name, part));
    }
    array.subi(array).addi(NDArrays.stack(new NDList(parts)));
  }
}
