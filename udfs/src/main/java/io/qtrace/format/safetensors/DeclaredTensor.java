package io.qtrace.format.safetensors;

import io.qtrace.io.FormatException;
import io.qtrace.io.SafeText;
import io.qtrace.tensor.DType;
import io.qtrace.tensor.Shape;
import io.qtrace.tensor.Storage;
import io.qtrace.tensor.TensorEntry;
import java.util.Comparator;

/**
 * A tensor as the header declares it, its length checked against its dtype and shape.
 *
 * @param begin first byte, counted from the end of the header
 * @param end byte after the last one
 * @param position byte of the file at which the header names the tensor, for messages
 */
record DeclaredTensor(String name, String dtype, Shape shape, long begin, long end, long position) {
  /** Order of the data; an empty tensor comes before the one that starts at the same byte. */
  static final Comparator<DeclaredTensor> DATA_ORDER =
      Comparator.comparingLong(DeclaredTensor::begin).thenComparingLong(DeclaredTensor::end);

  boolean isSubByte() {
    return SafetensorsFormat.SUB_BYTE_BITS.containsKey(dtype);
  }

  /** Requires that the shape's elements take exactly the declared bytes. */
  void requireLength(String file) throws FormatException {
    if (begin > end) {
      throw fault(file, "data_offsets [%d, %d], expected a rising pair".formatted(begin, end));
    }
    long elements = shape.elements();
    long bits = bits(file);
    boolean overflows = elements > Long.MAX_VALUE / bits;
    if (overflows || elements * bits % 8 != 0 || elements * bits / 8 != end - begin) {
      throw fault(
          file,
          "%d bytes, expected %d bits for each of the %d elements of %s"
              .formatted(end - begin, bits, elements, shape));
    }
  }

  /** The entry of a tensor whose dtype is not a {@linkplain #isSubByte sub-byte} one. */
  TensorEntry entry(String file, long dataStart) {
    Storage storage =
        new Storage(
            file, name, dataStart + begin, end - begin, Storage.Order.LITTLE, Storage.UNVERIFIED);
    return TensorEntry.contiguous(name, SafetensorsFormat.DTYPES.get(dtype), shape, storage);
  }

  FormatException fault(String file, String reason) {
    return new FormatException(
        file, position, "Invalid tensor " + SafeText.quoted(name) + ": " + reason);
  }

  private long bits(String file) throws FormatException {
    DType whole = SafetensorsFormat.DTYPES.get(dtype);
    if (whole != null) {
      return 8L * whole.bytes();
    }
    Integer bits = SafetensorsFormat.SUB_BYTE_BITS.get(dtype);
    if (bits == null) {
      throw fault(file, "unsupported dtype " + SafeText.quoted(dtype));
    }
    return bits;
  }
}
