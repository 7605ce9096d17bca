package io.qtrace.arrow;

/** Blocks with known bytes. */
public final class BlockFixtures {
  private BlockFixtures() {}

  /** The bytes that the goldens of hashes were made from. */
  public static byte[] pattern(int length) {
    byte[] bytes = new byte[length];
    for (int i = 0; i < length; i++) {
      bytes[i] = (byte) ((i * 2654435761L) >>> 13);
    }
    return bytes;
  }

  public static Block block(BlockAllocator memory, byte[] bytes) {
    Block block = memory.allocate(Math.max(bytes.length, 1)).resize(bytes.length);
    block.bytes().put(0, bytes);
    return block;
  }

  public static byte[] bytes(Block block) {
    byte[] bytes = new byte[block.length()];
    block.bytes().get(0, bytes);
    return bytes;
  }
}
