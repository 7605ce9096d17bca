package io.qtrace.compare;

import io.qtrace.kernel.Kernels;
import io.qtrace.kernel.LutCheckAccumulator;
import io.qtrace.kernel.LutCheckPartial;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.stream.Stream;

/**
 * The checks of a task, piece by piece. Pieces of a layer with the bytes of an earlier member's,
 * which passed the check with the same LUT, are not checked again.
 */
final class LayerChecks {
  private static final int NONE = -1;

  private final RangeTask task;
  private final LutCheckAccumulator[] found; // null before the LUT is read
  private final List<List<Double>> luts; // null before
  private final int[] ofQuantized; // check of each member that is a _Q, else NONE
  private final BitSet[] passed; // pieces of this window, by check

  LayerChecks(RangeTask task) {
    int checks = task.checks().size();
    this.task = task;
    this.found = new LutCheckAccumulator[checks];
    this.luts = Arrays.asList(new List[checks]);
    this.passed = Stream.generate(BitSet::new).limit(checks).toArray(BitSet[]::new);
    this.ofQuantized = new int[task.members().size()];
    Arrays.fill(ofQuantized, NONE);
    for (int c = 0; c < checks; c++) {
      ofQuantized[task.checks().get(c).quantized()] = c;
    }
  }

  /** Begins another window of elements. */
  void begin() {
    for (BitSet pieces : passed) {
      pieces.clear();
    }
  }

  boolean hasLut(int c) {
    return found[c] != null;
  }

  void setLut(int c, List<Double> lut) {
    luts.set(c, lut);
    found[c] = task.checks().get(c).accumulator(task.members(), lut);
  }

  /**
   * Checks the next piece.
   *
   * @param index of its first element
   */
  void check(int c, MemberWindow quantized, MemberWindow indices, int piece, long index) {
    int count = indices.piece(piece).length() / indexBytes(c);
    boolean right = hasPassed(c, quantized.equal(piece), indices.equal(piece), piece);
    if (right) {
      found[c].addRight(count);
    } else {
      right =
          Kernels.checkLut(quantized.piece(piece), indices.piece(piece), count, index, found[c]);
    }
    passed[c].set(piece, right);
  }

  LutCheckPartial partial(int c) {
    return found[c].partial();
  }

  private boolean hasPassed(int c, int quantized, int indices, int piece) {
    int earlier = quantized == MemberWindow.NONE ? NONE : ofQuantized[quantized];
    return earlier != NONE
        && task.checks().get(earlier).indices() == indices
        && passed[earlier].get(piece)
        && luts.get(earlier).equals(luts.get(c));
  }

  private int indexBytes(int c) {
    return task.members().get(task.checks().get(c).indices()).tensor().dtype().bytes();
  }
}
