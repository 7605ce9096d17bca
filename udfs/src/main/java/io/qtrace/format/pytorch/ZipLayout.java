package io.qtrace.format.pytorch;

import static io.qtrace.format.pytorch.TorchZipFormat.*;
import static io.qtrace.format.pytorch.ZipFields.u16;
import static io.qtrace.format.pytorch.ZipFields.u32;

import io.qtrace.io.FormatException;
import io.qtrace.io.RangeReader;
import io.qtrace.io.SafeText;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Where the data of each member lies, from its local header: the central directory cannot say, for
 * the header's extra field, PyTorch's padding, is of any length. Other readers go by the local
 * headers, so every one is read and must agree with the directory: same name, flags, method, and
 * header, data and descriptor must fill the room up to the next member exactly.
 *
 * <p>A header and the descriptor before it lie next to each other, about 100 bytes a member. They
 * are read in vectored batches with everything of a batch in flight, and never the data: a store
 * that charges by request pays one a member that is larger than a page.
 */
final class ZipLayout {
  private static final int BATCH = 512;

  private final RangeReader reader;
  private final Map<String, Long> positions = new HashMap<>();

  private ZipLayout(RangeReader reader) {
    this.reader = reader;
  }

  /**
   * First byte of the data of every member, by name.
   *
   * @param members all of the archive, in the order in which they lie in it
   */
  static Map<String, Long> read(RangeReader reader, List<ZipMember> members) throws IOException {
    ZipLayout layout = new ZipLayout(reader);
    for (int from = 0; from < members.size(); from += BATCH) {
      layout.check(members.subList(from, Math.min(from + BATCH, members.size())));
    }
    return layout.positions;
  }

  private void check(List<ZipMember> members) throws IOException {
    List<Excerpts.Span> spans = new ArrayList<>();
    for (ZipMember member : members) {
      int header = LOCAL_BYTES + nameBytes(member).length;
      spans.add(new Excerpts.Span(member.header(), (int) Math.min(header, room(member))));
      int descriptor = (int) Math.min(DESCRIPTOR_BYTES, room(member));
      spans.add(new Excerpts.Span(member.end() - descriptor, descriptor));
    }
    Excerpts excerpts = Excerpts.read(reader, spans);
    for (ZipMember member : members) {
      long position = checkHeader(member, excerpts);
      checkDescriptor(member, position, excerpts);
      positions.put(member.name(), position);
    }
  }

  private long checkHeader(ZipMember member, Excerpts excerpts) throws FormatException {
    ByteBuffer header = excerpts.get(member.header(), LOCAL_BYTES);
    if (header.getInt() != LOCAL_SIGNATURE) {
      throw fault(member, "no local header");
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
    if (flags != member.flags() || method != STORED) {
      throw fault(member, "its local header states other flags or another method");
    }
    if (localNameBytes != name.length
        || position > member.end()
        || !excerpts
            .get(member.header() + LOCAL_BYTES, name.length)
            .equals(ByteBuffer.wrap(name))) {
      throw fault(member, "its local header states another name");
    }
    if (!agrees(crc32, member.crc32(), member)
        || !sizeAgrees(stored, member)
        || !sizeAgrees(bytes, member)) {
      throw fault(member, "its local header states another size or CRC");
    }
    return position;
  }

  private void checkDescriptor(ZipMember member, long position, Excerpts excerpts)
      throws FormatException {
    long room = member.end() - position - member.bytes();
    if (room < 0) {
      throw fault(member, "its data overlap what follows by %d bytes".formatted(-room));
    }
    if (!member.hasDescriptor()) {
      if (room != 0) {
        throw fault(member, "%d bytes between its data and what follows".formatted(room));
      }
      return;
    }
    if (room != 12 && room != 16 && room != 20 && room != 24) {
      throw fault(
          member, "%d bytes between its data and what follows, no descriptor".formatted(room));
    }
    ByteBuffer descriptor = excerpts.get(member.end() - room, (int) room);
    boolean signed = room % 8 == 0;
    boolean wide = room >= 20;
    if ((signed && descriptor.getInt() != DESCRIPTOR_SIGNATURE)
        || u32(descriptor) != member.crc32()
        || (wide ? descriptor.getLong() : u32(descriptor)) != member.bytes()
        || (wide ? descriptor.getLong() : u32(descriptor)) != member.bytes()) {
      throw fault(member, "its descriptor states another size or CRC");
    }
  }

  // With a descriptor to come, the local header may leave CRC and sizes zero.
  private static boolean agrees(long stated, long actual, ZipMember member) {
    return stated == actual || (stated == 0 && member.hasDescriptor());
  }

  private static boolean sizeAgrees(long stated, ZipMember member) {
    return agrees(stated, member.bytes(), member) || stated == SENTINEL32;
  }

  private static long room(ZipMember member) {
    return member.end() - member.header();
  }

  private static byte[] nameBytes(ZipMember member) {
    return member.name().getBytes(StandardCharsets.UTF_8);
  }

  private FormatException fault(ZipMember member, String reason) {
    return new FormatException(
        reader.uri(),
        member.header(),
        "Invalid member %s: %s".formatted(SafeText.quoted(member.name()), reason));
  }
}
