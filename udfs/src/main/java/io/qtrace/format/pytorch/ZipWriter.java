package io.qtrace.format.pytorch;

import static io.qtrace.format.pytorch.TorchZipFormat.ALIGNMENT;
import static io.qtrace.format.pytorch.TorchZipFormat.SENTINEL16;
import static io.qtrace.format.pytorch.TorchZipFormat.SENTINEL32;

import io.qtrace.io.ByteCopy;
import io.qtrace.io.ByteSource;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes the members of a torch checkpoint one after the other, laid out as PyTorch's own writer
 * does (miniz 3.0.2, {@code caffe2/serialize/inline_container.cc}), so that what PyTorch computes
 * of positions from sizes holds too: stored, aligned, sizes and CRC-32 behind the data, zip64
 * fields where a member begins or is beyond 4 GiB.
 */
final class ZipWriter {
  private static final int MADE_BY_UNIX = 0x031e;
  private static final int NEEDS_ZIP64 = 45;

  /**
   * A member that is written.
   *
   * @param header first byte of its local header
   */
  record Written(String name, long header, long bytes, long crc32) {}

  private final OutputStream out;
  private final ByteCopy copy;
  private final long limit;
  private final List<Written> members = new ArrayList<>();
  private long position;

  ZipWriter(OutputStream out) {
    this(out, SENTINEL32);
  }

  /**
   * @param limit sizes and positions from here on stand in zip64 fields
   */
  ZipWriter(OutputStream out, long limit) {
    this.out = out;
    this.copy = new ByteCopy(out);
    this.limit = limit;
  }

  void add(String name, byte[] content) throws IOException {
    add(name, ByteSource.of(ByteBuffer.wrap(content)));
  }

  void add(String name, ByteSource content) throws IOException {
    long header = position;
    long bytes = content.bytes();
    byte[] path = name.getBytes(StandardCharsets.UTF_8);
    byte[] zip64 = zip64(bytes, bytes, header);
    byte[] padding = padding(header + TorchZipFormat.LOCAL_BYTES + path.length + zip64.length);
    write(
        fields(TorchZipFormat.LOCAL_BYTES)
            .putInt(TorchZipFormat.LOCAL_SIGNATURE)
            .putShort((short) 0)
            .putShort(flags(bytes))
            .putShort((short) TorchZipFormat.STORED)
            .putInt(0) // time
            .putInt(0) // CRC-32 and both sizes: behind the data
            .putInt(0)
            .putInt(0)
            .putShort((short) path.length)
            .putShort((short) (zip64.length + padding.length)));
    write(path);
    write(zip64);
    write(padding);
    long crc32 = copy.copy(content, 0, bytes);
    position += bytes;
    if (bytes > 0) {
      writeDescriptor(bytes, crc32, zip64.length > 0);
    }
    members.add(new Written(name, header, bytes, crc32));
  }

  /** What is written so far. */
  List<Written> members() {
    return List.copyOf(members);
  }

  /** Writes the central directory; nothing may follow. */
  void finish() throws IOException {
    long start = position;
    for (Written member : members) {
      writeCentral(member);
    }
    long length = position - start;
    long end = position;
    write(
        fields(TorchZipFormat.END64_BYTES)
            .putInt(TorchZipFormat.END64_SIGNATURE)
            .putLong(TorchZipFormat.END64_BYTES - 12)
            .putShort((short) MADE_BY_UNIX)
            .putShort((short) NEEDS_ZIP64)
            .putInt(0) // this disk
            .putInt(0) // the directory's disk
            .putLong(members.size())
            .putLong(members.size())
            .putLong(length)
            .putLong(start));
    write(
        fields(TorchZipFormat.LOCATOR_BYTES)
            .putInt(TorchZipFormat.LOCATOR_SIGNATURE)
            .putInt(0)
            .putLong(end)
            .putInt(1)); // disks
    write(
        fields(TorchZipFormat.END_BYTES)
            .putInt(TorchZipFormat.END_SIGNATURE)
            .putInt(0) // disks
            .putShort((short) Math.min(members.size(), SENTINEL16))
            .putShort((short) Math.min(members.size(), SENTINEL16))
            .putInt((int) orSentinel(length))
            .putInt((int) orSentinel(start))
            .putShort((short) 0)); // comment
  }

  private void writeDescriptor(long bytes, long crc32, boolean wide) throws IOException {
    ByteBuffer descriptor =
        fields(wide ? TorchZipFormat.DESCRIPTOR_BYTES : TorchZipFormat.DESCRIPTOR_BYTES - 8)
            .putInt(TorchZipFormat.DESCRIPTOR_SIGNATURE)
            .putInt((int) crc32);
    write(
        wide
            ? descriptor.putLong(bytes).putLong(bytes)
            : descriptor.putInt((int) bytes).putInt((int) bytes));
  }

  private void writeCentral(Written member) throws IOException {
    byte[] path = member.name().getBytes(StandardCharsets.UTF_8);
    byte[] zip64 = zip64(member.bytes(), member.bytes(), member.header());
    write(
        fields(TorchZipFormat.CENTRAL_BYTES)
            .putInt(TorchZipFormat.CENTRAL_SIGNATURE)
            .putShort((short) 0) // made by
            .putShort((short) 0) // needs
            .putShort(flags(member.bytes()))
            .putShort((short) TorchZipFormat.STORED)
            .putInt(0) // time
            .putInt((int) member.crc32())
            .putInt((int) orSentinel(member.bytes()))
            .putInt((int) orSentinel(member.bytes()))
            .putShort((short) path.length)
            .putShort((short) zip64.length)
            .putShort((short) 0) // comment
            .putShort((short) 0) // disk
            .putShort((short) 0) // attributes
            .putInt(0)
            .putInt((int) orSentinel(member.header())));
    write(path);
    write(zip64);
  }

  // The extra field of what does not fit into 32 bits; empty if all does.
  private byte[] zip64(long... values) {
    long[] large = java.util.Arrays.stream(values).filter(value -> value >= limit).toArray();
    if (large.length == 0) {
      return new byte[0];
    }
    int bytes = large.length * Long.BYTES;
    ByteBuffer field =
        fields(TorchZipFormat.EXTRA_HEADER_BYTES + bytes)
            .putShort((short) TorchZipFormat.EXTRA_ZIP64)
            .putShort((short) bytes);
    for (long value : large) {
      field.putLong(value);
    }
    return field.array();
  }

  // The extra field that brings what follows it to a multiple of the alignment.
  private static byte[] padding(long from) {
    int bytes = (int) Math.floorMod(-(from + TorchZipFormat.EXTRA_HEADER_BYTES), (long) ALIGNMENT);
    ByteBuffer field =
        fields(TorchZipFormat.EXTRA_HEADER_BYTES + bytes)
            .putShort((short) TorchZipFormat.EXTRA_PADDING)
            .putShort((short) bytes);
    while (field.hasRemaining()) {
      field.put((byte) 'Z');
    }
    return field.array();
  }

  private long orSentinel(long value) {
    return value >= limit ? SENTINEL32 : value;
  }

  // Without data there is no descriptor.
  private static short flags(long bytes) {
    int descriptor = bytes > 0 ? TorchZipFormat.FLAG_DESCRIPTOR : 0;
    return (short) (TorchZipFormat.FLAG_UTF8 | descriptor);
  }

  private static ByteBuffer fields(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private void write(ByteBuffer fields) throws IOException {
    write(fields.array());
  }

  private void write(byte[] bytes) throws IOException {
    out.write(bytes);
    position += bytes.length;
  }
}
