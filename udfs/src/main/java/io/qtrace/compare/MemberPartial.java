package io.qtrace.compare;

import io.qtrace.kernel.CountsPartial;
import io.qtrace.kernel.ExactSum;
import io.qtrace.kernel.SpreadPartial;
import io.qtrace.kernel.StatsPartial;
import io.qtrace.tensor.TensorEntry;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Measurements of some elements of one tensor; empty for measures that were not requested.
 *
 * @param id the member's
 * @param leaves for the fingerprint, ascending
 * @param stats for {@link TensorStats}
 * @param spread for a standard deviation
 * @param squares sum of the elements' squares, of complex ones of their moduli
 * @param counts of indices
 * @param values the elements, real parts of complex ones, where there are few
 * @param crc of the storage's bytes
 * @param md5 32 hexadecimal digits, or none
 * @param sha256 64 hexadecimal digits, or none
 */
public record MemberPartial(
    String id,
    List<LeafDigests> leaves,
    StatsPartial stats,
    SpreadPartial spread,
    ExactSum squares,
    CountsPartial counts,
    List<Double> values,
    StorageCrc crc,
    String md5,
    String sha256)
    implements Serializable {
  public MemberPartial {
    Objects.requireNonNull(id, "id");
    leaves = List.copyOf(leaves);
    Objects.requireNonNull(stats, "stats");
    Objects.requireNonNull(spread, "spread");
    Objects.requireNonNull(squares, "squares");
    Objects.requireNonNull(counts, "counts");
    values = List.copyOf(values);
    Objects.requireNonNull(crc, "crc");
    Objects.requireNonNull(md5, "md5");
    Objects.requireNonNull(sha256, "sha256");
  }

  /** For a tensor of which nothing is measured. */
  public static MemberPartial none(String id) {
    return new MemberPartial(
        id,
        List.of(),
        StatsPartial.NONE,
        SpreadPartial.NONE,
        ExactSum.ZERO,
        CountsPartial.NONE,
        List.of(),
        StorageCrc.NONE,
        "",
        "");
  }

  public MemberPartial merge(MemberPartial other) {
    if (!id.equals(other.id)) {
      throw new IllegalArgumentException(
          "Invalid merge: '" + other.id + "', expected '" + id + "'");
    }
    List<LeafDigests> both = new ArrayList<>(leaves);
    both.addAll(other.leaves);
    both.sort(java.util.Comparator.comparingLong(LeafDigests::first));
    return new MemberPartial(
        id,
        both,
        stats.merge(other.stats),
        spread.merge(other.spread),
        squares.plus(other.squares),
        counts.merge(other.counts),
        values.isEmpty() ? other.values : values,
        crc.merge(other.crc),
        md5.isEmpty() ? other.md5 : md5,
        sha256.isEmpty() ? other.sha256 : sha256);
  }

  /**
   * The fingerprint, once all of the tensor's ranges are merged.
   *
   * @throws IllegalArgumentException if some are missing
   */
  public Fingerprint fingerprint(TensorEntry tensor) {
    return Fingerprint.of(leaves, tensor.bytes());
  }

  /** L2 norm in float64: NaN or infinite where the sum of squares is. */
  public double norm() {
    return Math.sqrt(squares.value());
  }

  /** First 16 hexadecimal digits of the MD5. */
  public String md5Prefix() {
    return md5.substring(0, Math.min(16, md5.length()));
  }
}
