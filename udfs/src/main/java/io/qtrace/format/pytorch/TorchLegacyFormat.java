package io.qtrace.format.pytorch;

import java.math.BigInteger;

/**
 * A torch checkpoint as PyTorch wrote it before 1.6 ({@code _legacy_save} in {@code
 * torch/serialization.py}): five pickles, namely magic number, protocol version, a dict about the
 * system, the object, the list of storage keys; then of each storage, in the list's order, an int64
 * number of elements and the elements, little endian whatever the system.
 */
final class TorchLegacyFormat {
  static final String NAME = "torch-legacy";

  static final BigInteger MAGIC = new BigInteger("1950a86a20f9469cfc6c", 16);
  static final long PROTOCOL_VERSION = 1001;

  /** How the magic number's pickle begins: an integer of ten bytes, or its decimal digits. */
  static final byte[] MAGIC_DIGITS = {'L', '1', '1', '9', '5', '4', '7', '0', '3'};

  static final int STORAGE_HEADER_BYTES = 8;

  private TorchLegacyFormat() {}

  /** Whether the first pickle of a file is the magic number. */
  static boolean isMagic(PickleValue value) {
    return value instanceof PickleValue.Large number && number.value().equals(MAGIC);
  }
}
