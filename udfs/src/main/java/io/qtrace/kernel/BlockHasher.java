package io.qtrace.kernel;

import com.dynatrace.hash4j.hashing.HashStream128;
import com.dynatrace.hash4j.hashing.Hashing;
import io.qtrace.arrow.Block;

/** XXH3-128 of bytes that come in several blocks. */
public final class BlockHasher {
  private final HashStream128 stream = Hashing.xxh3_128().hashStream();

  /** Appends the block's bytes in use. */
  public void update(Block block) {
    stream.putBytes(block, 0, block.length(), AddressAccess.INSTANCE);
  }

  /** The hash of all bytes since the last call; starts again. */
  public Digest128 digest() {
    Digest128 digest = Kernels.digest(stream.get());
    stream.reset();
    return digest;
  }
}
