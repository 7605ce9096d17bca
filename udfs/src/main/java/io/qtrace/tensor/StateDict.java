package io.qtrace.tensor;

import io.qtrace.io.ByteSource;
import io.qtrace.io.SafeText;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * The content of a checkpoint to be written: named tensors in order, whose bytes are read when they
 * are written.
 *
 * @param tensors names unique
 * @param versions PyTorch's {@code _metadata}: the version of each module's state by the module's
 *     path; empty if not known
 */
public record StateDict(List<Tensor> tensors, Map<String, Long> versions) {
  /**
   * One tensor: a strided view of a storage. Tensors that share a storage, such as tied weights,
   * have the same storage object.
   *
   * @param name any text that UTF-8 can hold
   * @param stride distance in elements between neighbours of each dimension, 0 or more
   * @param offset first element, in elements from the start of the storage
   * @param storage elements as they lie in memory, little endian
   * @throws IllegalArgumentException if the view leaves its storage
   */
  public record Tensor(
      String name, DType dtype, Shape shape, List<Long> stride, long offset, ByteSource storage) {
    public Tensor {
      requireUnicode(name);
      Objects.requireNonNull(dtype, "dtype");
      stride = List.copyOf(stride);
      entry(name, dtype, shape, stride, offset, storage);
    }

    /** A tensor that fills its storage in C order. */
    public static Tensor contiguous(String name, DType dtype, Shape shape, ByteSource storage) {
      Tensor tensor = new Tensor(name, dtype, shape, shape.contiguousStride(), 0, storage);
      if (storage.bytes() != tensor.bytes()) {
        throw new IllegalArgumentException(
            "Invalid storage: %d bytes, expected those of %s %s"
                .formatted(storage.bytes(), dtype.label(), shape));
      }
      return tensor;
    }

    /** Bytes of the elements in C order. */
    public long bytes() {
      return entry().bytes();
    }

    /** Whether the elements lie in C order without gaps. */
    public boolean isContiguous() {
      return entry().isContiguous();
    }

    public Tensor withName(String newName) {
      return new Tensor(newName, dtype, shape, stride, offset, storage);
    }

    private TensorEntry entry() {
      return entry(name, dtype, shape, stride, offset, storage);
    }

    // The same view of a file's storage, which checks that it stays inside.
    private static TensorEntry entry(
        String name, DType dtype, Shape shape, List<Long> stride, long offset, ByteSource storage) {
      Storage extent =
          new Storage("", name, 0, storage.bytes(), Storage.Order.LITTLE, Storage.UNVERIFIED);
      return new TensorEntry(name, dtype, shape, stride, offset, extent);
    }
  }

  public StateDict {
    tensors = List.copyOf(tensors);
    versions = Collections.unmodifiableMap(new LinkedHashMap<>(versions)); // keeps the order
    Set<String> names = new HashSet<>();
    for (Tensor tensor : tensors) {
      if (!names.add(tensor.name())) {
        throw new IllegalArgumentException(
            "Invalid state dict: two tensors named " + SafeText.quoted(tensor.name()));
      }
    }
  }

  /** Tensors of no known module. */
  public StateDict(List<Tensor> tensors) {
    this(tensors, Map.of());
  }

  private static void requireUnicode(String name) {
    try {
      StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(name));
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException(
          "Invalid name " + SafeText.quoted(name) + ": unpaired surrogates, expected Unicode", e);
    }
  }
}
