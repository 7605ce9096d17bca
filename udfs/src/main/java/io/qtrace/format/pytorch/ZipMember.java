package io.qtrace.format.pytorch;

import java.io.Serializable;

/**
 * A member as the central directory states it.
 *
 * @param header first byte of its local header
 * @param end where the next member, or the central directory, begins
 * @param bytes length of its data as it lies in the file
 * @param content length of its data, uncompressed
 * @param method of compression: {@link TorchZipFormat#STORED} for none, or others
 * @param crc32 of its data, uncompressed
 * @param flags general purpose bits
 */
record ZipMember(
    String name, long header, long end, long bytes, long content, int method, long crc32, int flags)
    implements Serializable {
  ZipMember {
    if (header < 0 || end < header || bytes < 0 || content < 0) {
      throw new IllegalArgumentException(
          "Invalid member: %d bytes between %d and %d".formatted(bytes, header, end));
    }
  }

  ZipMember until(long newEnd) {
    return new ZipMember(name, header, newEnd, bytes, content, method, crc32, flags);
  }

  boolean isDeflated() {
    return method == TorchZipFormat.DEFLATED;
  }

  boolean hasDescriptor() {
    return (flags & TorchZipFormat.FLAG_DESCRIPTOR) != 0;
  }
}
