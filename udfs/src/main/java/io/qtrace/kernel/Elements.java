package io.qtrace.kernel;

import io.qtrace.tensor.DType;
import io.qtrace.tensor.Float16;
import java.nio.ByteBuffer;

/** Little-endian elements of every dtype as Java numbers, without rounding. */
final class Elements {
  private Elements() {}

  /** Whether float32 holds every number of the dtype. */
  static boolean fitFloat(DType dtype) {
    return switch (dtype) {
      case FLOAT32, FLOAT16, BFLOAT16 -> true;
      case FLOAT8_E4M3FN, FLOAT8_E4M3FNUZ, FLOAT8_E5M2, FLOAT8_E5M2FNUZ, FLOAT8_E8M0FNU -> true;
      case INT16, INT8, UINT16, UINT8, BOOL -> true;
      case FLOAT64, INT64, INT32, UINT64, UINT32, COMPLEX128, COMPLEX64, COMPLEX32 -> false;
    };
  }

  /** Whether float64 does not hold every number of the dtype. */
  static boolean isLong(DType dtype) {
    return dtype == DType.INT64 || dtype == DType.UINT64;
  }

  /**
   * Elements {@code [first, first + count)} of the bytes; uint64 as the same 64 bits.
   *
   * @param dtype an integer type
   */
  static void toLongs(DType dtype, ByteBuffer bytes, int first, int count, long[] out) {
    switch (dtype) {
      case INT64, UINT64 -> bytes.asLongBuffer().get(first, out, 0, count);
      case INT32 -> {
        for (int i = 0; i < count; i++) {
          out[i] = bytes.getInt((first + i) * Integer.BYTES);
        }
      }
      case UINT32 -> {
        for (int i = 0; i < count; i++) {
          out[i] = Integer.toUnsignedLong(bytes.getInt((first + i) * Integer.BYTES));
        }
      }
      case INT16 -> {
        for (int i = 0; i < count; i++) {
          out[i] = bytes.getShort((first + i) * Short.BYTES);
        }
      }
      case UINT16 -> {
        for (int i = 0; i < count; i++) {
          out[i] = bytes.getChar((first + i) * Short.BYTES);
        }
      }
      case INT8 -> {
        for (int i = 0; i < count; i++) {
          out[i] = bytes.get(first + i);
        }
      }
      case UINT8 -> {
        for (int i = 0; i < count; i++) {
          out[i] = bytes.get(first + i) & 0xff;
        }
      }
      case BOOL -> {
        for (int i = 0; i < count; i++) {
          out[i] = bytes.get(first + i) == 0 ? 0 : 1;
        }
      }
      default ->
          throw new IllegalArgumentException(
              "Invalid dtype: " + dtype.label() + ", expected integers");
    }
  }

  /** The real part of one element; 64-bit integers rounded to the nearest float64. */
  static double real(DType dtype, ByteBuffer bytes, int i) {
    return switch (dtype) {
      case FLOAT64 -> bytes.getDouble(i * Double.BYTES);
      case FLOAT32 -> bytes.getFloat(i * Float.BYTES);
      case FLOAT16 -> Float16.value(bytes.getShort(i * Short.BYTES));
      case BFLOAT16 -> Bfloat16.value(bytes.getShort(i * Short.BYTES));
      case FLOAT8_E4M3FN, FLOAT8_E4M3FNUZ, FLOAT8_E5M2, FLOAT8_E5M2FNUZ, FLOAT8_E8M0FNU ->
          Float8.table(dtype)[bytes.get(i) & 0xff];
      case INT64 -> bytes.getLong(i * Long.BYTES);
      case INT32 -> bytes.getInt(i * Integer.BYTES);
      case INT16 -> bytes.getShort(i * Short.BYTES);
      case INT8 -> bytes.get(i);
      case UINT64 -> unsigned(bytes.getLong(i * Long.BYTES));
      case UINT32 -> Integer.toUnsignedLong(bytes.getInt(i * Integer.BYTES));
      case UINT16 -> bytes.getChar(i * Short.BYTES);
      case UINT8 -> bytes.get(i) & 0xff;
      case BOOL -> bytes.get(i) == 0 ? 0 : 1;
      case COMPLEX128 -> bytes.getDouble(i * 2 * Double.BYTES);
      case COMPLEX64 -> bytes.getFloat(i * 2 * Float.BYTES);
      case COMPLEX32 -> Float16.value(bytes.getShort(i * 2 * Short.BYTES));
    };
  }

  /** The imaginary part of one element, 0 for a real one. */
  static double imaginary(DType dtype, ByteBuffer bytes, int i) {
    return switch (dtype) {
      case COMPLEX128 -> bytes.getDouble((i * 2 + 1) * Double.BYTES);
      case COMPLEX64 -> bytes.getFloat((i * 2 + 1) * Float.BYTES);
      case COMPLEX32 -> Float16.value(bytes.getShort((i * 2 + 1) * Short.BYTES));
      default -> 0;
    };
  }

  /** One element; of complex ones the modulus, NaN where a part is. */
  static double number(DType dtype, ByteBuffer bytes, int i) {
    double real = real(dtype, bytes, i);
    if (dtype.kind() != DType.Kind.COMPLEX) {
      return real;
    }
    double imaginary = imaginary(dtype, bytes, i);
    return Double.isNaN(real) || Double.isNaN(imaginary) ? Double.NaN : Math.hypot(real, imaginary);
  }

  /** The unsigned 64-bit integer, rounded to the nearest float64. */
  static double unsigned(long bits) {
    // Halved to fit; the bit that falls off still takes part in the rounding.
    return bits >= 0 ? bits : 2.0 * ((bits >>> 1) | (bits & 1));
  }
}
