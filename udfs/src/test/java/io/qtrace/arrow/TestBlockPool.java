package io.qtrace.arrow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class TestBlockPool {
  @Test
  void usesBlocksAgain() {
    try (BlockPool pool = new BlockPool(1 << 20)) {
      Block first = pool.take(1000);
      assertThat(first.length()).isEqualTo(1000);
      assertThat(first.capacity()).isEqualTo(1024);
      pool.give(first);
      assertThat(pool.take(513)).isSameAs(first);
      assertThat(first.length()).isEqualTo(513);
      pool.give(first);
      assertThat(pool.peakBytes()).isEqualTo(1024);
    }
  }

  @Test
  void freesBlocksOfOtherSizesOnlyWhenItMust() {
    try (BlockPool pool = new BlockPool(5 << 10)) {
      Block small = pool.take(1 << 10);
      Block large = pool.take(4 << 10);
      pool.give(small);
      pool.give(large);
      assertThat(pool.take(1 << 10)).isSameAs(small);
      assertThat(pool.take(4 << 10)).isSameAs(large);
      pool.give(large);
      Block middle = pool.take(2 << 10); // in the place of the large one
      assertThat(pool.peakBytes()).isEqualTo(5 << 10);
      assertThatThrownBy(() -> pool.take(4 << 10))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageStartingWith("Cannot allocate 4096 bytes");
      pool.give(middle);
      pool.give(small);
    }
  }

  @Test
  void refusesToCloseWhileABlockIsInUse() {
    BlockPool pool = new BlockPool(1 << 10);
    pool.take(10);
    assertThatThrownBy(pool::close).isInstanceOf(IllegalStateException.class);
  }
}
