package io.qtrace.compare;

import io.qtrace.arrow.Block;
import io.qtrace.compare.RangeTask.Member;
import io.qtrace.kernel.BlockHasher;
import io.qtrace.kernel.CountsPartial;
import io.qtrace.kernel.Digest128;
import io.qtrace.kernel.ExactSum;
import io.qtrace.kernel.Kernels;
import io.qtrace.kernel.SpreadPartial;
import io.qtrace.kernel.StatsPartial;
import io.qtrace.tensor.TensorEntry;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/** Measures one member's range piece by piece. */
final class MemberMeter {
  private final Member member;
  private final long firstLeaf;
  private final Optional<MessageDigest> md5;
  private final Optional<MessageDigest> sha256;
  private List<Digest128> leaves = List.of();
  private BlockHasher hasher; // for leaves of several pieces; null before the first
  private StatsPartial stats = StatsPartial.NONE;
  private SpreadPartial spread = SpreadPartial.NONE;
  private ExactSum squares = ExactSum.ZERO;
  private CountsPartial counts = CountsPartial.NONE;
  private List<Double> values = List.of();
  private StorageCrc crc = StorageCrc.NONE;

  MemberMeter(Member member, long from) {
    this.member = member;
    this.firstLeaf = from * member.tensor().dtype().bytes() / Fingerprint.LEAF_BYTES;
    this.md5 = digest(Measure.MD5, "MD5");
    this.sha256 = digest(Measure.SHA256, "SHA-256");
  }

  TensorEntry tensor() {
    return member.tensor();
  }

  String file() {
    return member.file();
  }

  /** Whether equal pieces of both have equal facts. */
  boolean measuresAs(MemberMeter other) {
    return tensor().dtype() == other.tensor().dtype()
        && member.measures().equals(other.member.measures());
  }

  /**
   * Measures the next piece.
   *
   * @param index of its first element
   * @param equal facts of a member with a piece of the same bytes that {@link #measuresAs} this
   *     one, or null
   */
  BlockFacts measure(Block piece, long index, BlockFacts equal) {
    long position = index * tensor().dtype().bytes();
    long end = position + piece.length();
    boolean startsLeaf = position % Fingerprint.LEAF_BYTES == 0;
    boolean endsLeaf = end % Fingerprint.LEAF_BYTES == 0 || end == tensor().bytes();
    boolean isLeaf = startsLeaf && endsLeaf;
    BlockFacts facts = equal == null ? BlockFacts.of(member, piece, index, isLeaf) : equal;
    facts.leaf().ifPresent(this::addLeaf);
    if (member.wants(Measure.FINGERPRINT) && !isLeaf) {
      hash(piece, endsLeaf);
    }
    stats = stats == StatsPartial.NONE ? facts.stats() : stats.merge(facts.stats());
    if (member.wants(Measure.SPREAD)) {
      int count = piece.length() / tensor().dtype().bytes();
      spread = spread.merge(Kernels.spread(tensor().dtype(), piece, count));
    }
    if (member.wants(Measure.NORM)) {
      squares = squares.plus(facts.squares());
    }
    if (member.wants(Measure.COUNTS)) {
      counts = counts.merge(facts.counts());
    }
    if (member.wants(Measure.VALUES) && tensor().elements() <= member.maxValues()) {
      addValues(Kernels.values(tensor().dtype(), piece));
    }
    if (member.wants(Measure.CRC) && tensor().isAsStored()) {
      long offset = tensor().offset() * tensor().dtype().bytes();
      crc = crc.plus(offset + position, piece.length(), facts.crc32());
    }
    md5.ifPresent(digest -> digest.update(piece.bytes().duplicate()));
    sha256.ifPresent(digest -> digest.update(piece.bytes().duplicate()));
    return facts;
  }

  MemberPartial partial() {
    List<LeafDigests> digests =
        leaves.isEmpty() ? List.of() : List.of(new LeafDigests(firstLeaf, leaves));
    return new MemberPartial(
        member.id(), digests, stats, spread, squares, counts, values, crc, hex(md5), hex(sha256));
  }

  private void hash(Block piece, boolean endsLeaf) {
    if (hasher == null) {
      hasher = new BlockHasher();
    }
    hasher.update(piece);
    if (endsLeaf) {
      addLeaf(hasher.digest());
    }
  }

  private void addLeaf(Digest128 digest) {
    if (leaves.isEmpty()) {
      leaves = new ArrayList<>(1);
    }
    leaves.add(digest);
  }

  // A few elements are one piece, which is kept as it is.
  private void addValues(List<Double> some) {
    if (values.isEmpty()) {
      values = some;
    } else {
      values = values instanceof ArrayList ? values : new ArrayList<>(values);
      values.addAll(some);
    }
  }

  private Optional<MessageDigest> digest(Measure measure, String algorithm) {
    try {
      return member.wants(measure)
          ? Optional.of(MessageDigest.getInstance(algorithm))
          : Optional.empty();
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has " + algorithm, e);
    }
  }

  private static String hex(Optional<MessageDigest> digest) {
    return digest.map(one -> HexFormat.of().formatHex(one.digest())).orElse("");
  }
}
