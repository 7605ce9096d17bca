package io.qtrace.tensor;

import io.qtrace.io.DeflateStream;
import io.qtrace.io.RangeSource;
import java.io.Serializable;
import java.util.Objects;

/**
 * A run of bytes in a file that tensors are views of. Tensors that share a storage have equal
 * records.
 *
 * @param file URI of the file that holds the bytes
 * @param key the file's own name for the storage, for messages
 * @param position first byte in the file
 * @param bytes length in bytes, uncompressed
 * @param order byte order of multi-byte elements
 * @param crc32 CRC-32 (IEEE 802.3) of the bytes as the file states it, or {@link #UNVERIFIED}
 * @param frame data around the bytes that has yet to be checked
 * @param deflated length in the file of the deflate stream (RFC 1951) that gives the bytes, or
 *     {@link #PLAIN} where they lie there as they are
 */
public record Storage(
    String file,
    String key,
    long position,
    long bytes,
    Order order,
    long crc32,
    StorageFrame frame,
    long deflated)
    implements Serializable {
  /** The file states no CRC: the bytes cannot be verified, which is not an error. */
  public static final long UNVERIFIED = -1;

  /** The bytes are not compressed. */
  public static final long PLAIN = -1;

  /** Byte order of the elements as they lie in the file. */
  public enum Order {
    LITTLE,
    BIG
  }

  /** A storage that is not compressed and whose position is certain. */
  public Storage(String file, String key, long position, long bytes, Order order, long crc32) {
    this(file, key, position, bytes, order, crc32, StorageFrame.NONE, PLAIN);
  }

  public Storage {
    Objects.requireNonNull(file, "file");
    Objects.requireNonNull(key, "key");
    Objects.requireNonNull(order, "order");
    Objects.requireNonNull(frame, "frame");
    long stored = deflated == PLAIN ? bytes : deflated;
    if (position < 0 || bytes < 0 || stored < 0 || position > Long.MAX_VALUE - stored) {
      throw new IllegalArgumentException(
          "Invalid storage: " + stored + " bytes at " + position + ", expected a range of a file");
    }
    if (crc32 != UNVERIFIED && crc32 >>> 32 != 0) {
      throw new IllegalArgumentException("Invalid CRC-32: " + crc32 + ", expected 32 bits");
    }
  }

  /** Whether the file has the bytes compressed. */
  public boolean isDeflated() {
    return deflated != PLAIN;
  }

  /** Bytes that the storage takes in its file, from {@link #position()} on. */
  public long storedBytes() {
    return isDeflated() ? deflated : bytes;
  }

  /**
   * The file that holds the storage, with byte {@code i} of the storage at {@code position + i}
   * whether it is compressed or not.
   */
  public RangeSource in(RangeSource reader) {
    return isDeflated() ? new DeflateStream(position, deflated, bytes).in(reader) : reader;
  }
}
