package io.qtrace.format.pytorch;

import io.qtrace.io.DeflateStream;
import io.qtrace.io.FormatException;
import io.qtrace.io.RangeReader;
import io.qtrace.io.RangeReader.Range;
import io.qtrace.io.ReadBudget;
import io.qtrace.io.SafeText;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.CRC32;

/**
 * A zip archive whose members are all stored or deflated, as PyTorch's own reader has them. What
 * deflated ones expand to is bounded before anything is inflated. The local headers of members that
 * are read must agree with the directory; those of an archive that PyTorch did not lay out must
 * all.
 */
final class ZipArchive {
  /** A member and the first byte of its data. */
  record Placed(ZipMember member, long position) {
    /** Of a deflated member. */
    DeflateStream stream() {
      return new DeflateStream(position, member.bytes(), member.content());
    }
  }

  // Maximum size of all expanded members: this, or a multiple of the file's size.
  private static final long FREE_CONTENT_BYTES = 1L << 30;
  private static final int MAX_EXPANSION = 64;

  private final RangeReader reader;
  private final Map<String, Placed> members = new HashMap<>();
  private final boolean hasCrcs;

  private ZipArchive(RangeReader reader, List<ZipMember> listed, Map<String, Long> positions) {
    this.reader = reader;
    for (ZipMember member : listed) {
      members.put(member.name(), new Placed(member, positions.get(member.name())));
    }
    this.hasCrcs = listed.stream().anyMatch(member -> member.crc32() != 0);
  }

  /**
   * Checks an archive against its directory.
   *
   * @throws FormatException if a member is compressed in another way, states more than it can
   *     expand to, or is not what the directory says, or if all of them expand to too much
   */
  static ZipArchive open(RangeReader reader, List<ZipMember> members) throws IOException {
    requireBounded(reader, members);
    Optional<Map<String, Long>> aligned = ZipLayout.aligned(members);
    return aligned.isPresent()
        ? new ZipArchive(reader, members, aligned.get())
        : new ZipArchive(reader, members, ZipLayout.read(reader, members));
  }

  private static void requireBounded(RangeReader reader, List<ZipMember> members)
      throws FormatException {
    long most = Math.max(FREE_CONTENT_BYTES, saturated(reader.length(), MAX_EXPANSION));
    long left = most;
    for (ZipMember member : members) {
      if (member.method() != TorchZipFormat.STORED && !member.isDeflated()) {
        throw new FormatException(
            reader.uri(),
            member.header(),
            "Unsupported member %s: compressed by method %d, expected stored or deflated"
                .formatted(SafeText.quoted(member.name()), member.method()));
      }
      if (!member.isDeflated()) {
        continue; // stored uncompressed
      }
      if (member.content() > saturated(member.bytes(), DeflateStream.MAX_RATIO)) {
        throw new FormatException(
            reader.uri(),
            member.header(),
            "Invalid member %s: %d deflated bytes cannot expand to %d"
                .formatted(SafeText.quoted(member.name()), member.bytes(), member.content()));
      }
      left -= member.content();
      if (left < 0) {
        throw new FormatException(
            reader.uri(),
            member.header(),
            "Unsupported archive: its members expand to more than %d bytes".formatted(most));
      }
    }
  }

  private static long saturated(long bytes, long times) {
    return bytes > Long.MAX_VALUE / times ? Long.MAX_VALUE : bytes * times;
  }

  /** Whether a member is compressed. */
  boolean hasDeflated() {
    return members.values().stream().anyMatch(placed -> placed.member().isDeflated());
  }

  Optional<Placed> find(String name) {
    return Optional.ofNullable(members.get(name));
  }

  /** Whether CRCs were computed: a writer that is configured not to leaves every one zero. */
  boolean hasCrcs() {
    return hasCrcs;
  }

  /**
   * Contents of small members, read together and verified; those that do not exist are left out.
   */
  Map<String, byte[]> read(List<String> names, ReadBudget budget) throws IOException {
    List<Placed> wanted = new ArrayList<>();
    for (String name : names) {
      Optional<Placed> found = find(name);
      if (found.isPresent()) {
        requireSmall(found.get());
        ZipMember member = found.get().member(); // read, and copied or inflated
        budget.take(reader.uri(), member.header(), member.bytes() + member.content());
        wanted.add(found.get());
      }
    }
    wanted.sort(Comparator.comparingLong(Placed::position));
    List<Excerpts.Span> spans = new ArrayList<>();
    for (Placed each : wanted) {
      List<Excerpts.Span> around = new ZipFrame(reader.uri(), each.member()).spans();
      spans.add(around.get(0));
      if (!each.member().isDeflated()) {
        spans.add(span(each));
      }
      spans.add(around.get(1));
    }
    Excerpts excerpts = Excerpts.read(reader, spans);
    Map<String, byte[]> contents = new HashMap<>();
    for (Placed each : wanted) {
      frame(each).requirePosition(new ZipFrame(reader.uri(), each.member()).position(excerpts));
      byte[] bytes = content(each, excerpts);
      requireCrc(each, bytes);
      contents.put(each.member().name(), bytes);
    }
    return contents;
  }

  /** What has to agree with a member's place when its data are read. */
  ZipStorageFrame frame(Placed placed) {
    return new ZipStorageFrame(reader.uri(), placed.member(), placed.position());
  }

  FormatException fault(Placed at, String reason) {
    return new FormatException(
        reader.uri(),
        at.position(),
        "Invalid member %s: %s".formatted(SafeText.quoted(at.member().name()), reason));
  }

  private void requireSmall(Placed placed) throws FormatException {
    long bytes = Math.max(placed.member().bytes(), placed.member().content());
    if (bytes > PickleFormat.MAX_BYTES) {
      throw fault(placed, "%d bytes, expected at most %d".formatted(bytes, PickleFormat.MAX_BYTES));
    }
  }

  private void requireCrc(Placed placed, byte[] bytes) throws FormatException {
    CRC32 crc32 = new CRC32();
    crc32.update(bytes);
    if (hasCrcs && crc32.getValue() != placed.member().crc32()) {
      throw fault(
          placed,
          "CRC-32 %08x, expected %08x".formatted(crc32.getValue(), placed.member().crc32()));
    }
  }

  // Reads a member whose size is within bounds.
  private byte[] content(Placed placed, Excerpts excerpts) throws IOException {
    byte[] bytes = new byte[(int) placed.member().content()];
    if (placed.member().isDeflated()) {
      reader.readInflated(
          placed.stream(), List.of(new Range(placed.position(), ByteBuffer.wrap(bytes))));
    } else {
      excerpts.get(placed.position(), bytes.length).get(bytes);
    }
    return bytes;
  }

  private static Excerpts.Span span(Placed placed) {
    return new Excerpts.Span(placed.position(), (int) placed.member().bytes());
  }
}
