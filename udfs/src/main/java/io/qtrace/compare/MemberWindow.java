package io.qtrace.compare;

import io.qtrace.arrow.Block;

/** Elements of one member that are in memory, in pieces, and what was measured of each piece. */
final class MemberWindow {
  private final Block block;
  private final int pieceBytes;
  private final Block[] pieces;
  private final BlockFacts[] facts;

  /**
   * @param block filled
   * @param pieceBytes of all pieces but the last
   */
  MemberWindow(Block block, int pieceBytes) {
    int count = (block.length() - 1) / pieceBytes + 1;
    this.block = block;
    this.pieceBytes = pieceBytes;
    this.pieces = new Block[count];
    this.facts = new BlockFacts[count];
  }

  Block block() {
    return block;
  }

  int pieces() {
    return pieces.length;
  }

  Block piece(int i) {
    if (pieces[i] == null) {
      int from = i * pieceBytes;
      pieces[i] =
          pieces.length == 1
              ? block
              : block.slice(from, Math.min(pieceBytes, block.length() - from));
    }
    return pieces[i];
  }

  /** What was measured of a piece, null before. */
  BlockFacts facts(int i) {
    return facts[i];
  }

  void setFacts(int i, BlockFacts measured) {
    facts[i] = measured;
  }
}
