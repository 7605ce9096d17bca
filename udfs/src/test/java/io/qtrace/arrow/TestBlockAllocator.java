package io.qtrace.arrow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;

class TestBlockAllocator {
  @Test
  void failsToCloseWhileABlockIsOpen() {
    BlockAllocator memory = new BlockAllocator(1 << 20);
    Block block = memory.allocate(4096);
    assertThatThrownBy(memory::close)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("Memory was leaked");
    assertThat(block.capacity()).isEqualTo(4096);
  }

  @Test
  void refusesMoreThanItsLimit() {
    try (BlockAllocator memory = new BlockAllocator(1 << 20);
        Block half = memory.allocate(1 << 19)) {
      assertThatThrownBy(() -> memory.allocate(1 << 20))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("Cannot allocate 1048576 bytes: 524288 of 1048576 in use");
      assertThat(half.length()).isEqualTo(1 << 19);
      assertThat(memory.peakBytes()).isEqualTo(1 << 19);
    }
  }

  @Test
  void refusesEmptyBlocksAndLimits() {
    assertThatThrownBy(() -> new BlockAllocator(0))
        .hasMessage("Invalid memory limit: 0 bytes, expected 1 or more");
    try (BlockAllocator memory = new BlockAllocator(1)) {
      assertThatThrownBy(() -> memory.allocate(0))
          .hasMessage("Invalid block: 0 bytes, expected 1 or more");
    }
  }

  @Test
  void slicesSeeTheBlocksBytesInLittleEndianOrder() {
    try (BlockAllocator memory = new BlockAllocator(1 << 10);
        Block block = memory.allocate(64)) {
      block.bytes().putInt(24, 0x01020304);
      Block slice = block.slice(16, 32).slice(8, 4);
      assertThat(slice.bytes().order()).isEqualTo(ByteOrder.LITTLE_ENDIAN);
      assertThat(slice.bytes().getInt(0)).isEqualTo(0x01020304);
      assertThat(slice.address()).isEqualTo(block.address() + 24);
      assertThatThrownBy(() -> block.resize(16).slice(8, 16))
          .isInstanceOf(IndexOutOfBoundsException.class);
    }
  }
}
