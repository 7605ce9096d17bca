package io.qtrace.tensor;

import java.io.Serializable;
import java.util.Objects;

/**
 * A run of bytes in a file that tensors are views of. Tensors that share a storage have equal
 * records.
 *
 * @param file URI of the file that holds the bytes
 * @param key the file's own name for the storage, for messages
 * @param position first byte in the file
 * @param bytes length in bytes
 * @param order byte order of multi-byte elements
 * @param crc32 CRC-32 (IEEE 802.3) of the bytes as the file states it, or {@link #UNVERIFIED}
 * @param frame what around the bytes has yet to be checked
 */
public record Storage(
    String file, String key, long position, long bytes, Order order, long crc32, StorageFrame frame)
    implements Serializable {
  /** The file states no CRC: the bytes cannot be verified, which is no fault. */
  public static final long UNVERIFIED = -1;

  /** Byte order of the elements as they lie in the file. */
  public enum Order {
    LITTLE,
    BIG
  }

  /** A storage whose place is certain. */
  public Storage(String file, String key, long position, long bytes, Order order, long crc32) {
    this(file, key, position, bytes, order, crc32, StorageFrame.NONE);
  }

  public Storage {
    Objects.requireNonNull(file, "file");
    Objects.requireNonNull(key, "key");
    Objects.requireNonNull(order, "order");
    Objects.requireNonNull(frame, "frame");
    if (position < 0 || bytes < 0 || position > Long.MAX_VALUE - bytes) {
      throw new IllegalArgumentException(
          "Invalid storage: " + bytes + " bytes at " + position + ", expected a range of a file");
    }
    if (crc32 != UNVERIFIED && crc32 >>> 32 != 0) {
      throw new IllegalArgumentException("Invalid CRC-32: " + crc32 + ", expected 32 bits");
    }
  }
}
