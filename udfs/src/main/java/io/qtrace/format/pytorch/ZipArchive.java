package io.qtrace.format.pytorch;

import io.qtrace.io.FormatException;
import io.qtrace.io.RangeReader;
import io.qtrace.io.SafeText;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.CRC32;

/**
 * A zip archive whose members are all stored. The local headers of members that are read must agree
 * with the directory; those of an archive that PyTorch did not lay out must all.
 */
final class ZipArchive {
  /** A member and the first byte of its data. */
  record Placed(ZipMember member, long position) {}

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
   * @throws FormatException if a member is compressed, or is not what the directory says
   */
  static ZipArchive open(RangeReader reader, List<ZipMember> members) throws IOException {
    for (ZipMember member : members) {
      if (member.method() != TorchZipFormat.STORED) {
        throw new FormatException(
            reader.uri(),
            member.header(),
            "Unsupported member %s: compressed by method %d, expected stored"
                .formatted(SafeText.quoted(member.name()), member.method()));
      }
    }
    Optional<Map<String, Long>> aligned = ZipLayout.aligned(members);
    return aligned.isPresent()
        ? new ZipArchive(reader, members, aligned.get())
        : new ZipArchive(reader, members, ZipLayout.read(reader, members));
  }

  Optional<Placed> find(String name) {
    return Optional.ofNullable(members.get(name));
  }

  /** Whether CRCs were computed: a writer that was told not to leaves every one zero. */
  boolean hasCrcs() {
    return hasCrcs;
  }

  /**
   * Contents of small members, read together and verified; those that do not exist are left out.
   */
  Map<String, byte[]> read(List<String> names) throws IOException {
    List<Placed> wanted = new ArrayList<>();
    for (String name : names) {
      Optional<Placed> found = find(name);
      if (found.isPresent()) {
        requireSmall(found.get());
        wanted.add(found.get());
      }
    }
    wanted.sort(Comparator.comparingLong(Placed::position));
    List<Excerpts.Span> spans = new ArrayList<>();
    for (Placed each : wanted) {
      List<Excerpts.Span> around = new ZipFrame(reader.uri(), each.member()).spans();
      spans.addAll(List.of(around.get(0), span(each), around.get(1)));
    }
    Excerpts excerpts = Excerpts.read(reader, spans);
    Map<String, byte[]> contents = new HashMap<>();
    for (Placed each : wanted) {
      frame(each).requirePosition(new ZipFrame(reader.uri(), each.member()).position(excerpts));
      byte[] bytes = new byte[span(each).bytes()];
      excerpts.get(each.position(), bytes.length).get(bytes);
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
    if (placed.member().bytes() > PickleFormat.MAX_BYTES) {
      throw fault(
          placed,
          "%d bytes, expected at most %d"
              .formatted(placed.member().bytes(), PickleFormat.MAX_BYTES));
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

  private static Excerpts.Span span(Placed placed) {
    return new Excerpts.Span(placed.position(), (int) placed.member().bytes());
  }
}
