package io.qtrace.format.pytorch;

import io.qtrace.tensor.DType;
import java.util.Map;
import java.util.Optional;

/**
 * The elements of a storage class of PyTorch.
 *
 * @param bytes of one element, as the storage counts them
 * @param dtype empty if the storage is untyped or its elements are not plain numbers
 */
record ElementType(int bytes, Optional<DType> dtype) {
  private static final Map<String, ElementType> BY_STORAGE_CLASS =
      Map.ofEntries(
          Map.entry("DoubleStorage", plain(DType.FLOAT64)),
          Map.entry("FloatStorage", plain(DType.FLOAT32)),
          Map.entry("HalfStorage", plain(DType.FLOAT16)),
          Map.entry("BFloat16Storage", plain(DType.BFLOAT16)),
          Map.entry("LongStorage", plain(DType.INT64)),
          Map.entry("IntStorage", plain(DType.INT32)),
          Map.entry("ShortStorage", plain(DType.INT16)),
          Map.entry("CharStorage", plain(DType.INT8)),
          Map.entry("ByteStorage", plain(DType.UINT8)),
          Map.entry("BoolStorage", plain(DType.BOOL)),
          Map.entry("ComplexDoubleStorage", plain(DType.COMPLEX128)),
          Map.entry("ComplexFloatStorage", plain(DType.COMPLEX64)),
          Map.entry("UntypedStorage", new ElementType(1, Optional.empty())),
          Map.entry("QInt8Storage", new ElementType(1, Optional.empty())),
          Map.entry("QUInt8Storage", new ElementType(1, Optional.empty())),
          Map.entry("QInt32Storage", new ElementType(4, Optional.empty())));

  /** The element type of {@code torch.<name>}, or of that class in a module below torch. */
  static Optional<ElementType> of(PickleValue.Global storageClass) {
    String module = storageClass.module();
    return module.equals("torch") || module.startsWith("torch.")
        ? Optional.ofNullable(BY_STORAGE_CLASS.get(storageClass.name()))
        : Optional.empty();
  }

  /** The class of {@code torch} whose storages hold a dtype; empty for newer dtypes. */
  static Optional<String> storageClass(DType dtype) {
    return BY_STORAGE_CLASS.entrySet().stream()
        .filter(entry -> entry.getValue().dtype().equals(Optional.of(dtype)))
        .map(Map.Entry::getKey)
        .findFirst();
  }

  private static ElementType plain(DType dtype) {
    return new ElementType(dtype.bytes(), Optional.of(dtype));
  }
}
