package io.qtrace.format.pytorch;

import static io.qtrace.format.pytorch.TorchZipFormat.*;

import io.qtrace.io.RangeReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Where the data of the members of one archive lie. */
final class ZipLayout {
  private static final int BATCH = 512;

  private ZipLayout() {}

  /**
   * First byte of the data of every member, by name, as PyTorch lays them out: data aligned, a
   * descriptor after it. Nothing is read, so a local header may yet disagree: to be checked with
   * {@link ZipFrame} when the member is. Empty where the room of one member contradicts, which is
   * another writer's archive, as is one with compressed members.
   *
   * @param members all of the archive, in the order in which they lie in it
   */
  static Optional<Map<String, Long>> aligned(List<ZipMember> members) {
    Map<String, Long> positions = new HashMap<>();
    for (ZipMember member : members) {
      int nameBytes = member.name().getBytes(StandardCharsets.UTF_8).length;
      boolean wide = Math.max(member.bytes(), member.header()) >= SENTINEL32;
      long least = member.header() + LOCAL_BYTES + nameBytes + PADDING_BYTES + wideBytes(member);
      long position = (least + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
      long descriptor = member.end() - position - member.bytes();
      if (member.isDeflated()
          || !member.hasDescriptor()
          || !(descriptor == 16 || (wide && descriptor == 24))) {
        return Optional.empty();
      }
      positions.put(member.name(), position);
    }
    return Optional.of(positions);
  }

  /**
   * First byte of the data of every member, by name, from every local header. They are read in
   * vectored batches with everything of a batch in flight, and never the data: a store that charges
   * by request pays one a member that is larger than a page.
   *
   * @param members all of the archive, in the order in which they lie in it
   */
  static Map<String, Long> read(RangeReader reader, List<ZipMember> members) throws IOException {
    Map<String, Long> positions = new HashMap<>();
    for (int from = 0; from < members.size(); from += BATCH) {
      List<ZipMember> batch = members.subList(from, Math.min(from + BATCH, members.size()));
      List<Excerpts.Span> spans = new ArrayList<>();
      batch.forEach(member -> spans.addAll(new ZipFrame(reader.uri(), member).spans()));
      Excerpts excerpts = Excerpts.read(reader, spans);
      for (ZipMember member : batch) {
        positions.put(member.name(), new ZipFrame(reader.uri(), member).position(excerpts));
      }
    }
    return positions;
  }

  // PyTorchStreamWriter's getPadding: a zip64 field before the padding, of what exceeds 32 bits.
  private static int wideBytes(ZipMember member) {
    boolean wideSize = member.bytes() >= SENTINEL32;
    boolean wideHeader = member.header() >= SENTINEL32;
    return (wideSize || wideHeader ? 4 : 0) + (wideSize ? 16 : 0) + (wideHeader ? 8 : 0);
  }
}
