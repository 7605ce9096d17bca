package io.qtrace.format.pytorch;

import static io.qtrace.format.pytorch.TorchZipFormat.*;
import static io.qtrace.format.pytorch.ZipFields.u16;
import static io.qtrace.format.pytorch.ZipFields.u32;

import io.qtrace.io.FormatException;
import io.qtrace.io.RangeReader;
import io.qtrace.io.ReadBudget;
import io.qtrace.io.SafeText;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The central directory of a zip archive whose members lie end to end from byte 0. */
final class ZipDirectory {
  private static final long MEMBER_BYTES = 200; // maximum bytes of memory, without the name

  /** Sizes and place of a member; in 32 bits each, or in the zip64 field where they exceed them. */
  private record Extent(long stored, long bytes, long header) {}

  private final String file;
  private final long start;
  private final ByteBuffer directory;

  private ZipDirectory(String file, long start, ByteBuffer directory) {
    this.file = file;
    this.start = start;
    this.directory = directory;
  }

  /**
   * The members in the order in which they lie in the file, names unique.
   *
   * @throws FormatException if the directory is damaged, members overlap or repeat, or one is
   *     encrypted
   */
  static List<ZipMember> read(RangeReader reader, ReadBudget budget) throws IOException {
    ZipTail tail = ZipTail.read(reader);
    ZipEnd end = ZipEnd.read(tail);
    budget.take(reader.uri(), end.directory(), memory(end));
    ByteBuffer entries = tail.get(end.directory(), (int) end.directoryBytes());
    ZipDirectory directory = new ZipDirectory(reader.uri(), end.directory(), entries);
    return directory.laidOut(directory.members(end.members()));
  }

  // Memory of the directory and of the names in it.
  private static long memory(ZipEnd end) {
    return MEMBER_BYTES * end.members() + 2 * end.directoryBytes();
  }

  // As listed: the end of each is known once all are.
  private List<ZipMember> members(long count) throws FormatException {
    List<ZipMember> members = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (long i = 0; i < count; i++) {
      long at = position();
      ZipMember member = member();
      if (!names.add(member.name())) {
        throw fault(at, "Invalid zip: duplicate member " + SafeText.quoted(member.name()));
      }
      members.add(member);
    }
    if (directory.hasRemaining()) {
      throw fault(
          position(),
          "Invalid zip: %d members counted, but %d bytes follow them in the directory"
              .formatted(count, directory.remaining()));
    }
    return members;
  }

  private ZipMember member() throws FormatException {
    long at = position();
    if (directory.remaining() < CENTRAL_BYTES || directory.getInt() != CENTRAL_SIGNATURE) {
      throw fault(at, "Invalid zip: no directory entry where the next was expected");
    }
    directory.getInt(); // versions
    int flags = u16(directory);
    int method = u16(directory);
    directory.getInt(); // time
    long crc32 = u32(directory);
    long stored = u32(directory);
    long bytes = u32(directory);
    int nameBytes = u16(directory);
    int extraBytes = u16(directory);
    int commentBytes = u16(directory);
    int disk = u16(directory);
    directory.position(directory.position() + 6); // attributes
    long header = u32(directory);
    if (directory.remaining() < nameBytes + extraBytes + commentBytes) {
      throw fault(at, "Invalid zip: a directory entry beyond the directory's end");
    }
    String name = name(at, take(nameBytes));
    Extent extent = widened(at, new Extent(stored, bytes, header), take(extraBytes));
    take(commentBytes);
    if ((flags & FLAG_ENCRYPTED) != 0) {
      throw fault(at, "Unsupported member " + SafeText.quoted(name) + ": encrypted");
    }
    if (method == STORED && extent.stored() != extent.bytes()) {
      throw fault(at, "Invalid member " + SafeText.quoted(name) + ": stored, but of two sizes");
    }
    if (!(disk == 0 || disk == SENTINEL16)
        || extent.header() < 0
        || extent.header() >= start
        || extent.stored() < 0
        || extent.bytes() < 0) {
      throw fault(at, "Invalid member " + SafeText.quoted(name) + ": outside the file");
    }
    return new ZipMember(
        name,
        extent.header(),
        extent.header(),
        extent.stored(),
        extent.bytes(),
        method,
        crc32,
        flags);
  }

  // The members must tile the file in the order in which they are listed, up to the directory; how
  // far the data of each is from its end is for its local header to say.
  private List<ZipMember> laidOut(List<ZipMember> listed) throws FormatException {
    long first = listed.isEmpty() ? start : listed.get(0).header();
    if (first != 0) {
      throw fault(0, "Invalid zip: %d bytes before the first member".formatted(first));
    }
    List<ZipMember> members = new ArrayList<>();
    for (int i = 0; i < listed.size(); i++) {
      ZipMember member = listed.get(i);
      long end = i + 1 < listed.size() ? listed.get(i + 1).header() : start;
      long room = end - member.header() - LOCAL_BYTES;
      if (room < member.bytes()) {
        throw fault(
            member.header(),
            "Invalid member %s: %d bytes of data overlap what begins at %d"
                .formatted(SafeText.quoted(member.name()), member.bytes(), end));
      }
      members.add(member.until(end));
    }
    return members;
  }

  private String name(long at, ByteBuffer bytes) throws FormatException {
    byte[] name = new byte[bytes.remaining()];
    bytes.get(name);
    return PickleText.utf8(name)
        .orElseThrow(() -> fault(at, "Invalid zip: a member's name is not UTF-8"));
  }

  // The zip64 field holds, in this order, those of the values that do not fit in 32 bits.
  private Extent widened(long at, Extent narrow, ByteBuffer extra) throws FormatException {
    Extent extent = narrow;
    boolean seen = false;
    while (extra.remaining() >= 4) {
      int kind = u16(extra);
      int bytes = u16(extra);
      if (bytes > extra.remaining()) {
        throw fault(at, "Invalid zip: an extra field beyond its entry");
      }
      ByteBuffer field = extra.slice(extra.position(), bytes).order(ByteOrder.LITTLE_ENDIAN);
      extra.position(extra.position() + bytes);
      if (kind == EXTRA_ZIP64) {
        if (seen) {
          throw fault(at, "Invalid zip: two zip64 fields in one entry");
        }
        seen = true;
        long size = wide(at, narrow.bytes(), field);
        long stored = wide(at, narrow.stored(), field);
        extent = new Extent(stored, size, wide(at, narrow.header(), field));
      }
    }
    return extent;
  }

  private long wide(long at, long narrow, ByteBuffer field) throws FormatException {
    if (narrow != SENTINEL32) {
      return narrow;
    }
    if (field.remaining() < 8) {
      throw fault(at, "Invalid zip: a zip64 field that is too short");
    }
    return field.getLong();
  }

  private ByteBuffer take(int bytes) {
    ByteBuffer slice = directory.slice(directory.position(), bytes).order(ByteOrder.LITTLE_ENDIAN);
    directory.position(directory.position() + bytes);
    return slice;
  }

  private long position() {
    return start + directory.position();
  }

  private FormatException fault(long at, String reason) {
    return new FormatException(file, at, reason);
  }
}
