package io.qtrace.compare;

import io.qtrace.arrow.Block;
import io.qtrace.arrow.TensorStream;
import io.qtrace.compare.RangeTask.Member;
import io.qtrace.io.RangeReader;
import io.qtrace.kernel.BlockHasher;
import io.qtrace.kernel.Digest128;
import io.qtrace.kernel.Kernels;
import io.qtrace.kernel.StatsPartial;
import io.qtrace.tensor.Storage;
import io.qtrace.tensor.TensorEntry;
import java.io.IOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** Reads one member's range block by block and measures it. */
final class MemberMeter {
  private final Member member;
  private final RangeReader reader;
  private final TensorStream stream;
  private final long firstLeaf;
  private final List<Digest128> leaves = new ArrayList<>();
  private final BlockHasher hasher = new BlockHasher(); // of leaves that take several blocks
  private final MessageDigest md5 = newMd5();
  private StatsPartial stats = StatsPartial.NONE;
  private List<Double> values = List.of();
  private StorageCrc crc = StorageCrc.NONE;
  private long bytesRead;
  private long index; // of the block's first element
  private Block block;
  private BlockFacts facts;

  MemberMeter(Member member, RangeReader reader, TensorStream stream, long from) {
    this.member = member;
    this.reader = reader;
    this.stream = stream;
    this.firstLeaf = from * member.tensor().dtype().bytes() / Fingerprint.LEAF_BYTES;
  }

  TensorEntry tensor() {
    return member.tensor();
  }

  Block block() {
    return block;
  }

  void read(long firstIndex, int count) throws IOException {
    long before = reader.bytesRead();
    block = stream.next(count * tensor().dtype().bytes());
    index = firstIndex;
    bytesRead += reader.bytesRead() - before;
  }

  /** Whether equal blocks of both have equal facts. */
  boolean measuresAs(MemberMeter other) {
    return tensor().dtype() == other.tensor().dtype()
        && member.measures().equals(other.member.measures());
  }

  /**
   * Measures the block; {@code equal} has a block of the same bytes, measured before, or is this.
   */
  void measure(MemberMeter equal) {
    long position = index * tensor().dtype().bytes();
    long end = position + block.length();
    boolean startsLeaf = position % Fingerprint.LEAF_BYTES == 0;
    boolean endsLeaf = end % Fingerprint.LEAF_BYTES == 0 || end == tensor().bytes();
    boolean isLeaf = startsLeaf && endsLeaf;
    facts = equal == this ? BlockFacts.of(member, block, index, isLeaf) : equal.facts;
    facts.leaf().ifPresent(leaves::add);
    if (member.wants(Measure.FINGERPRINT) && !isLeaf) {
      hasher.update(block);
      if (endsLeaf) {
        leaves.add(hasher.digest());
      }
    }
    stats = stats.merge(facts.stats());
    if (member.wants(Measure.VALUES) && tensor().elements() <= Measure.MAX_VALUES) {
      values = Kernels.values(tensor().dtype(), block); // so few are one block
    }
    if (member.wants(Measure.CRC) && isStoredAsRead()) {
      long offset = tensor().offset() * tensor().dtype().bytes();
      crc = crc.plus(offset + position, block.length(), facts.crc32());
    }
    if (member.wants(Measure.MD5)) {
      md5.update(block.bytes().duplicate());
    }
  }

  MemberPartial partial() {
    List<LeafDigests> digests =
        leaves.isEmpty() ? List.of() : List.of(new LeafDigests(firstLeaf, leaves));
    String hex = member.wants(Measure.MD5) ? HexFormat.of().formatHex(md5.digest()) : "";
    return new MemberPartial(member.id(), digests, stats, values, crc, hex, bytesRead);
  }

  private boolean isStoredAsRead() {
    return tensor().isContiguous()
        && (tensor().storage().order() == Storage.Order.LITTLE || tensor().dtype().bytes() == 1);
  }

  private static MessageDigest newMd5() {
    try {
      return MessageDigest.getInstance("MD5");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has MD5", e);
    }
  }
}
