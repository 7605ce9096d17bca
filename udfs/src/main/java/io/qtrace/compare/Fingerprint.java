package io.qtrace.compare;

import io.qtrace.kernel.Digest128;
import io.qtrace.kernel.Kernels;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;

/**
 * Identifies a tensor's bytes. Algorithm {@code x1}: take the elements in C order, little endian
 * (both parts of a complex number likewise), and cut their bytes into leaves of 1 MiB, the last one
 * shorter, none for no bytes. Hash each leaf with XXH3-128, seed 0. Join the leaves' digests in
 * order, each as 16 bytes in canonical form (big endian, upper 64 bits first, as {@code xxhsum -H2}
 * prints it), and hash that with XXH3-128, seed 0. Shape and dtype are not part of it. The text
 * form is {@code x1:} and 32 hexadecimal digits of the canonical form. In Python, with the {@code
 * xxhash} package: {@code "x1:" + xxh3_128(b"".join(xxh3_128(b[i:i + 2**20]).digest() for i in
 * range(0, len(b), 2**20))).hexdigest()}.
 */
public record Fingerprint(Digest128 digest) implements Serializable {
  /** Bytes of a leaf. */
  public static final int LEAF_BYTES = 1 << 20;

  private static final String PREFIX = "x1:";

  public Fingerprint {
    Objects.requireNonNull(digest, "digest");
  }

  /**
   * The fingerprint from all leaves of a tensor, in any parts and order.
   *
   * @param bytes the tensor's bytes
   * @throws IllegalArgumentException if a leaf is missing or occurs twice
   */
  public static Fingerprint of(Collection<LeafDigests> parts, long bytes) {
    List<LeafDigests> ordered =
        parts.stream()
            .filter(part -> !part.digests().isEmpty())
            .sorted(Comparator.comparingLong(LeafDigests::first))
            .toList();
    long leaves = leaves(bytes);
    long next = 0;
    for (LeafDigests part : ordered) {
      requireLeaf(next, part.first());
      next = part.end();
    }
    requireLeaf(next, leaves);
    ByteBuffer joined = ByteBuffer.allocate(Math.toIntExact(leaves * Digest128.BYTES));
    ordered.forEach(part -> part.digests().forEach(digest -> digest.writeTo(joined)));
    return new Fingerprint(Kernels.xxh3(joined.array()));
  }

  /** Reads the text form. */
  public static Fingerprint parse(String text) {
    if (!text.matches("x1:[0-9a-f]{32}")) {
      throw new IllegalArgumentException(
          "Invalid fingerprint: '" + text + "', expected x1: and 32 hexadecimal digits");
    }
    int middle = PREFIX.length() + 16;
    return new Fingerprint(
        new Digest128(
            HexFormat.fromHexDigitsToLong(text, PREFIX.length(), middle),
            HexFormat.fromHexDigitsToLong(text, middle, middle + 16)));
  }

  @Override
  public String toString() {
    return PREFIX + digest;
  }

  private static long leaves(long bytes) {
    return Math.floorDiv(bytes, LEAF_BYTES) + (bytes % LEAF_BYTES == 0 ? 0 : 1);
  }

  private static void requireLeaf(long expected, long actual) {
    if (actual != expected) {
      throw new IllegalArgumentException(
          "Invalid fingerprint: leaf " + actual + " follows, expected leaf " + expected);
    }
  }
}
