package io.qtrace.compare;

import io.qtrace.arrow.Block;
import io.qtrace.compare.RangeTask.Member;
import io.qtrace.kernel.CountsPartial;
import io.qtrace.kernel.Digest128;
import io.qtrace.kernel.ExactSum;
import io.qtrace.kernel.Kernels;
import io.qtrace.kernel.StatsAccumulator;
import io.qtrace.kernel.StatsPartial;
import io.qtrace.tensor.DType;
import java.util.Optional;

/**
 * Facts that depend only on a block's bytes, so that members with equal blocks share them.
 *
 * @param leaf digest, if the block is a whole leaf and digests are wanted
 * @param stats of the elements, if wanted
 * @param squares sum of the elements' squares, if wanted
 * @param counts of the indices, if wanted; statistics of integers follow from them
 * @param crc32 of the bytes, if wanted
 */
record BlockFacts(
    Optional<Digest128> leaf,
    StatsPartial stats,
    ExactSum squares,
    CountsPartial counts,
    int crc32) {
  static BlockFacts of(Member member, Block block, long index, boolean isLeaf) {
    Optional<Digest128> leaf =
        isLeaf && member.wants(Measure.FINGERPRINT)
            ? Optional.of(Kernels.xxh3(block))
            : Optional.empty();
    DType dtype = member.tensor().dtype();
    int count = block.length() / dtype.bytes();
    boolean counted = member.wants(Measure.COUNTS) || member.wants(Measure.STATS);
    CountsPartial counts = counted ? Kernels.counts(dtype, block, count) : CountsPartial.NONE;
    StatsPartial stats =
        member.wants(Measure.STATS)
            ? counts.stats().orElseGet(() -> stats(dtype, block, count, index))
            : StatsPartial.NONE;
    ExactSum squares =
        member.wants(Measure.NORM) ? Kernels.squares(dtype, block, count, index) : ExactSum.ZERO;
    int crc32 = member.wants(Measure.CRC) ? Kernels.crc32(block) : 0;
    return new BlockFacts(leaf, stats, squares, counts, crc32);
  }

  private static StatsPartial stats(DType dtype, Block block, int count, long index) {
    StatsAccumulator stats = new StatsAccumulator();
    Kernels.stats(dtype, block, count, index, stats);
    return stats.partial();
  }
}
