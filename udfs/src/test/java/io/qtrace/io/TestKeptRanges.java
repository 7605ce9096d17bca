package io.qtrace.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.qtrace.io.RangeReader.Range;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TestKeptRanges {
  private static final int LENGTH = 100;

  private final byte[] file = new byte[LENGTH];

  @Test
  void findsEveryRangeThatAnyOneKeptPartHolds() throws Exception {
    Random random = new Random(21);
    random.nextBytes(file);
    for (int round = 0; round < 300; round++) {
      KeptRanges kept = new KeptRanges("f", LENGTH);
      boolean[][] holds = new boolean[LENGTH + 1][LENGTH + 1];
      for (int i = 0; i < 6; i++) {
        int from = random.nextInt(LENGTH);
        int to = from + random.nextInt(LENGTH - from);
        kept.keep(from, ByteBuffer.wrap(file, from, to - from).slice());
        for (int a = from; a <= to; a++) {
          for (int b = a; b <= to; b++) {
            holds[a][b] = true;
          }
        }
      }
      for (int a = 0; a < LENGTH; a++) {
        for (int b = a + 1; b < LENGTH; b++) {
          ByteBuffer target = ByteBuffer.allocate(b - a + 1).position(1);
          assertThat(kept.copy(new Range(a, target))).isEqualTo(holds[a][b]);
          if (holds[a][b]) {
            assertThat(target.hasRemaining()).isFalse();
            assertThat(target.position(1)).isEqualTo(ByteBuffer.wrap(file, a, b - a));
          }
        }
      }
    }
  }

  @Test
  void refusesRangesOutsideTheFileOrNotKept() {
    KeptRanges kept = new KeptRanges("f", LENGTH);
    kept.keep(10, ByteBuffer.wrap(file, 10, 20).slice());
    assertThatThrownBy(() -> kept.read(List.of(new Range(99, ByteBuffer.allocate(2)))))
        .isInstanceOf(FormatException.class)
        .hasMessage("f: at byte 100: Invalid range: 2 bytes from 99, expected them before the end");
    assertThatThrownBy(() -> kept.read(List.of(new Range(29, ByteBuffer.allocate(2)))))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("Cannot find 2 bytes at 29 of f in memory");
  }
}
