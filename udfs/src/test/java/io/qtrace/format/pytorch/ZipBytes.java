package io.qtrace.format.pytorch;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/** Archives of members without descriptors, for tests; every field can be made to lie. */
final class ZipBytes {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final List<byte[]> directory = new ArrayList<>();
  private int counted;

  /** A checkpoint whose pickle is given, with a storage {@code 0} of 16 bytes. */
  static byte[] checkpoint(byte[] pickle) {
    return new ZipBytes().add("a/data.pkl", pickle).add("a/data/0", new byte[16]).end();
  }

  ZipBytes add(String name, byte[] data) {
    return add(name, name, data, 0, data.length);
  }

  /** A member whose local header has another name, and whose method and size may lie. */
  ZipBytes add(String name, String localName, byte[] data, int method, int stated) {
    int header = bytes.size();
    bytes.writeBytes(localHeader(localName, data, stated));
    bytes.writeBytes(data);
    return list(name, header, data, method, stated);
  }

  /** A deflated member. */
  ZipBytes deflated(String name, byte[] content) {
    return deflated(name, deflate(content), content.length, crc32(content));
  }

  /** A member that says it is deflated, and what it expands to. */
  ZipBytes deflated(String name, byte[] stored, int content, int crc32) {
    int header = bytes.size();
    byte[] local = localHeader(name, stored, stored.length);
    littleEndian(local).putShort(8, (short) 8).putInt(14, crc32).putInt(22, content);
    bytes.writeBytes(local);
    bytes.writeBytes(stored);
    list(name, header, stored, 8, stored.length);
    littleEndian(directory.get(directory.size() - 1)).putInt(16, crc32).putInt(24, content);
    return this;
  }

  /** A raw deflate stream. */
  static byte[] deflate(byte[] content) {
    Deflater deflater = new Deflater(1, true);
    deflater.setInput(content);
    deflater.finish();
    byte[] stream = new byte[content.length + 1000];
    int length = deflater.deflate(stream);
    deflater.end();
    return Arrays.copyOf(stream, length);
  }

  /** A directory entry for what lies at {@code header}. */
  ZipBytes list(String name, int header, byte[] data, int method, int stated) {
    byte[] utf8 = name.getBytes(StandardCharsets.UTF_8);
    byte[] entryBytes = new byte[46 + utf8.length];
    ByteBuffer entry = littleEndian(entryBytes);
    entry.putInt(0x02014b50).putInt(0).putShort((short) 0x800).putShort((short) method).putInt(0);
    entry.putInt(crc32(data)).putInt(stated).putInt(stated).putShort((short) utf8.length);
    entry.position(42).putInt(header).put(utf8);
    directory.add(entryBytes);
    counted++;
    return this;
  }

  ZipBytes raw(byte[] junk) {
    bytes.writeBytes(junk);
    return this;
  }

  ZipBytes miscount(int by) {
    counted += by;
    return this;
  }

  byte[] end() {
    int start = bytes.size();
    directory.forEach(bytes::writeBytes);
    int size = bytes.size() - start;
    byte[] endBytes = new byte[22];
    ByteBuffer end = littleEndian(endBytes);
    end.putInt(0x06054b50).putInt(0).putShort((short) counted).putShort((short) counted);
    end.putInt(size).putInt(start);
    bytes.writeBytes(endBytes);
    return bytes.toByteArray();
  }

  private static byte[] localHeader(String name, byte[] data, int stated) {
    byte[] utf8 = name.getBytes(StandardCharsets.UTF_8);
    byte[] headerBytes = new byte[30 + utf8.length];
    ByteBuffer header = littleEndian(headerBytes);
    header.putInt(0x04034b50).putShort((short) 0).putShort((short) 0x800).putShort((short) 0);
    header.putInt(0).putInt(crc32(data)).putInt(stated).putInt(stated);
    header.putShort((short) utf8.length).putShort((short) 0).put(utf8);
    return headerBytes;
  }

  static int crc32(byte[] data) {
    CRC32 crc32 = new CRC32();
    crc32.update(data);
    return (int) crc32.getValue();
  }

  private static ByteBuffer littleEndian(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
