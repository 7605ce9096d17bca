package io.qtrace.compare;

import io.qtrace.tensor.DType;
import io.qtrace.tensor.Float16;
import io.qtrace.tensor.Shape;
import io.qtrace.tensor.Storage;
import io.qtrace.tensor.TensorEntry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;

/** Tensors in files of their own, without any format around them. */
final class RawTensors {
  private RawTensors() {}

  /** Writes a tensor that is named as its file is. */
  static TensorEntry write(Path file, DType dtype, Shape shape, double... numbers)
      throws IOException {
    ByteBuffer bytes =
        ByteBuffer.allocate(numbers.length * dtype.bytes()).order(ByteOrder.LITTLE_ENDIAN);
    for (double number : numbers) {
      switch (dtype) {
        case FLOAT64 -> bytes.putDouble(number);
        case FLOAT32 -> bytes.putFloat((float) number);
        case FLOAT16 -> bytes.putShort(Float16.bits((float) number));
        case BFLOAT16 -> bytes.putShort((short) (Float.floatToIntBits((float) number) >>> 16));
        case INT64, UINT64 -> bytes.putLong((long) number);
        case INT16 -> bytes.putShort((short) number);
        case UINT8, INT8 -> bytes.put((byte) number);
        default -> throw new AssertionError(dtype);
      }
    }
    Files.write(file, bytes.array());
    String name = file.getFileName().toString();
    Storage storage =
        new Storage(
            file.toString(), name, 0, bytes.capacity(), Storage.Order.LITTLE, Storage.UNVERIFIED);
    return TensorEntry.contiguous(name, dtype, shape, storage);
  }
}
