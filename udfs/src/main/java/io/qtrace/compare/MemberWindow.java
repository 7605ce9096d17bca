package io.qtrace.compare;

import io.qtrace.arrow.Block;
import java.util.Arrays;

/** Elements of one member that are in memory, in pieces, and what was measured of each piece. */
final class MemberWindow {
  /** Stands for no member. */
  static final int NONE = -1;

  private final Block block;
  private final int pieceBytes;
  private final Block[] pieces;
  private final BlockFacts[] facts;
  private final int[] equal; // earlier member whose piece has the same bytes

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
    this.equal = new int[count];
    Arrays.fill(equal, NONE);
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

  /** An earlier member of the same dtype whose piece has the same bytes, else {@link #NONE}. */
  int equal(int i) {
    return equal[i];
  }

  void setEqual(int i, int member) {
    equal[i] = member;
  }

  /** What was measured of a piece, null before. */
  BlockFacts facts(int i) {
    return facts[i];
  }

  void setFacts(int i, BlockFacts measured) {
    facts[i] = measured;
  }
}
