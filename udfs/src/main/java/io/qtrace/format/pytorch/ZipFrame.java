package io.qtrace.format.pytorch;

import static io.qtrace.format.pytorch.TorchZipFormat.*;
import static io.qtrace.format.pytorch.ZipFields.u16;
import static io.qtrace.format.pytorch.ZipFields.u32;

import io.qtrace.io.FormatException;
import io.qtrace.io.SafeText;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Where a member's data lies, from its local header: the central directory cannot say, for the
 * header's extra field, PyTorch's padding, is of any length. Other readers go by the local headers,
 * so the one of every member that is read must agree with the directory: same name, flags, method,
 * and header, data and descriptor must fill the room up to the next member exactly.
 */
final class ZipFrame {
  private final String file;
  private final ZipMember member;

  ZipFrame(String file, ZipMember member) {
    this.file = file;
    this.member = member;
  }

  /** The local header without its extra field, and the end of the room, where a descriptor is. */
  List<Excerpts.Span> spans() {
    int header = (int) Math.min(LOCAL_BYTES + nameBytes(member).length, room(member));
    int descriptor = (int) Math.min(DESCRIPTOR_BYTES, room(member));
    return List.of(
        new Excerpts.Span(member.header(), header),
        new Excerpts.Span(member.end() - descriptor, descriptor));
  }

  /**
   * The first byte of the member's data.
   *
   * @param excerpts that hold the spans
   * @throws FormatException if header or descriptor disagree with the directory
   */
  long position(Excerpts excerpts) throws FormatException {
    long position = checkHeader(excerpts);
    checkDescriptor(position, excerpts);
    return position;
  }

  private long checkHeader(Excerpts excerpts) throws FormatException {
    ByteBuffer header = excerpts.get(member.header(), LOCAL_BYTES);
    if (header.getInt() != LOCAL_SIGNATURE) {
      throw fault("no local header");
    }
    header.getShort(); // version
    int flags = u16(header);
    int method = u16(header);
    header.getInt(); // time
    long crc32 = u32(header);
    long stored = u32(header);
    long bytes = u32(header);
    byte[] name = nameBytes(member);
    int localNameBytes = u16(header);
    int extraBytes = u16(header);
    long position = member.header() + LOCAL_BYTES + localNameBytes + extraBytes;
    if (flags != member.flags() || method != member.method()) {
      throw fault("its local header states other flags or another method");
    }
    if (localNameBytes != name.length
        || position > member.end()
        || !excerpts
            .get(member.header() + LOCAL_BYTES, name.length)
            .equals(ByteBuffer.wrap(name))) {
      throw fault("its local header states another name");
    }
    if (!agrees(crc32, member.crc32())
        || !sizeAgrees(stored, member.bytes())
        || !sizeAgrees(bytes, member.content())) {
      throw fault("its local header states another size or CRC");
    }
    return position;
  }

  private void checkDescriptor(long position, Excerpts excerpts) throws FormatException {
    long room = member.end() - position - member.bytes();
    if (room < 0) {
      throw fault("its data overlap what follows by %d bytes".formatted(-room));
    }
    if (!member.hasDescriptor()) {
      if (room != 0) {
        throw fault("%d bytes between its data and what follows".formatted(room));
      }
      return;
    }
    if (room != 12 && room != 16 && room != 20 && room != 24) {
      throw fault("%d bytes between its data and what follows, no descriptor".formatted(room));
    }
    ByteBuffer descriptor = excerpts.get(member.end() - room, (int) room);
    boolean signed = room % 8 == 0;
    boolean wide = room >= 20;
    if ((signed && descriptor.getInt() != DESCRIPTOR_SIGNATURE)
        || u32(descriptor) != member.crc32()
        || (wide ? descriptor.getLong() : u32(descriptor)) != member.bytes()
        || (wide ? descriptor.getLong() : u32(descriptor)) != member.content()) {
      throw fault("its descriptor states another size or CRC");
    }
  }

  // With a descriptor to come, the local header may leave CRC and sizes zero.
  private boolean agrees(long stated, long actual) {
    return stated == actual || (stated == 0 && member.hasDescriptor());
  }

  private boolean sizeAgrees(long stated, long actual) {
    return agrees(stated, actual) || stated == SENTINEL32;
  }

  private static long room(ZipMember member) {
    return member.end() - member.header();
  }

  private static byte[] nameBytes(ZipMember member) {
    return member.name().getBytes(StandardCharsets.UTF_8);
  }

  private FormatException fault(String reason) {
    return new FormatException(
        file,
        member.header(),
        "Invalid member %s: %s".formatted(SafeText.quoted(member.name()), reason));
  }
}
