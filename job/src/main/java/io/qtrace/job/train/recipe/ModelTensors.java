package io.qtrace.job.train.recipe;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.qtrace.io.SafeText;
import io.qtrace.tensor.Shape;
import java.io.IOException;
import java.util.Optional;

/** Reads a model's tensors onto a device, each checked against the shape that it must have. */
record ModelTensors(Tensors tensors, NDManager manager) {

  boolean has(String name) throws IOException {
    return tensors.contains(name);
  }

  /** A float32 array. */
  NDArray floats(String name, long... sizes) throws IOException {
    return NativeArrays.floats(manager, name, tensor(name, sizes));
  }

  /** A uint8 array of indices into a table of {@code size} entries. */
  NDArray indices(String name, int size, long... sizes) throws IOException {
    return NativeArrays.indices(manager, name, tensor(name, sizes), size);
  }

  /** A tensor of any shape. */
  Optional<HostTensor> find(String name) throws IOException {
    return tensors.find(name);
  }

  /**
   * @throws IllegalArgumentException if there is none
   */
  HostTensor tensor(String name) throws IOException {
    return tensors
        .find(name)
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "Invalid checkpoint: no tensor " + SafeText.quoted(name)));
  }

  private HostTensor tensor(String name, long... sizes) throws IOException {
    HostTensor tensor = tensor(name);
    Shape expected = Shape.of(sizes);
    if (!tensor.shape().equals(expected)) {
      throw new IllegalArgumentException(
          "Invalid checkpoint: %s has the shape %s, expected %s"
              .formatted(SafeText.quoted(name), tensor.shape(), expected));
    }
    return tensor;
  }
}
