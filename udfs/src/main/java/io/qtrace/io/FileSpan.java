package io.qtrace.io;

/**
 * A part of a file.
 *
 * @param position first byte
 * @param bytes how many
 */
public record FileSpan(long position, long bytes) {
  /** Byte after the last. */
  public long end() {
    return position + bytes;
  }
}
