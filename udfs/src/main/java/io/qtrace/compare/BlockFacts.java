package io.qtrace.compare;

import io.qtrace.arrow.Block;
import io.qtrace.compare.RangeTask.Member;
import io.qtrace.kernel.Digest128;
import io.qtrace.kernel.Kernels;
import io.qtrace.kernel.StatsAccumulator;
import io.qtrace.kernel.StatsPartial;
import io.qtrace.tensor.DType;
import java.util.Optional;

/**
 * What a block's bytes alone decide, so that members with equal blocks share it.
 *
 * @param leaf digest, if the block is a whole leaf and digests are wanted
 * @param stats of the elements, if wanted
 * @param crc32 of the bytes, if wanted
 */
record BlockFacts(Optional<Digest128> leaf, StatsPartial stats, int crc32) {
  static BlockFacts of(Member member, Block block, long index, boolean isLeaf) {
    Optional<Digest128> leaf =
        isLeaf && member.wants(Measure.FINGERPRINT)
            ? Optional.of(Kernels.xxh3(block))
            : Optional.empty();
    StatsPartial stats =
        member.wants(Measure.STATS)
            ? stats(member.tensor().dtype(), block, index)
            : StatsPartial.NONE;
    int crc32 = member.wants(Measure.CRC) ? Kernels.crc32(block) : 0;
    return new BlockFacts(leaf, stats, crc32);
  }

  private static StatsPartial stats(DType dtype, Block block, long index) {
    StatsAccumulator stats = new StatsAccumulator();
    Kernels.stats(dtype, block, block.length() / dtype.bytes(), index, stats);
    return stats.partial();
  }
}
