package io.qtrace.kernel;

import java.io.Serializable;
import java.nio.ByteBuffer;
import java.util.HexFormat;

/**
 * An XXH3-128 hash with seed 0.
 *
 * @param high upper 64 bits
 * @param low lower 64 bits
 */
public record Digest128(long high, long low) implements Serializable {
  public static final int BYTES = 16;

  /** Writes the canonical form: 16 bytes, big endian, high half first. */
  public void writeTo(ByteBuffer canonical) {
    canonical.putLong(high).putLong(low);
  }

  /** 32 hexadecimal digits of the canonical form, as {@code xxhsum -H2} prints it. */
  @Override
  public String toString() {
    HexFormat hex = HexFormat.of();
    return hex.toHexDigits(high) + hex.toHexDigits(low);
  }
}
