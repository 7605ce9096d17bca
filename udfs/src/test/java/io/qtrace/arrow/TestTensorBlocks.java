package io.qtrace.arrow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.qtrace.io.FormatException;
import io.qtrace.io.LocalFiles;
import io.qtrace.io.RangeReader;
import io.qtrace.tensor.DType;
import io.qtrace.tensor.Shape;
import io.qtrace.tensor.Storage;
import io.qtrace.tensor.TensorEntry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class TestTensorBlocks {
  private static final int POSITION = 77; // of the storage in its file
  private static final ReadOptions SMALL = new ReadOptions(512, 3);

  @TempDir Path folder;

  static Stream<Arguments> views() {
    return Stream.of(
        Arguments.of(DType.FLOAT32, Shape.of(300, 70), List.of(1L, 300L), 5L), // transposed
        Arguments.of(DType.BFLOAT16, Shape.of(41, 53, 3), List.of(500L, 7L, 2L), 11L), // strided
        Arguments.of(DType.INT64, Shape.of(900, 4), List.of(3L, 0L), 0L), // expanded
        Arguments.of(DType.FLOAT16, Shape.of(7, 30, 11), List.of(0L, 2L, 90L), 3L), // repeated
        Arguments.of(DType.INT32, Shape.of(5, 8, 900), List.of(0L, 2000L, 0L), 1L), // both
        Arguments.of(DType.UINT8, Shape.of(5000), List.of(0L), 9000L), // one element
        Arguments.of(DType.FLOAT16, Shape.of(2, 3, 40, 50), List.of(6000L, 1L, 150L, 3L), 1L),
        Arguments.of(DType.COMPLEX128, Shape.of(9, 1, 700), List.of(1L, 99L, 9L), 2L),
        Arguments.of(DType.BOOL, Shape.of(60, 1000), List.of(2000L, 1L), 3L), // rows with gaps
        Arguments.of(DType.FLOAT64, Shape.of(20, 30), List.of(30L, 1L), 8L), // contiguous
        Arguments.of(DType.INT32, Shape.of(), List.of(), 4L)); // scalar
  }

  @ParameterizedTest
  @MethodSource("views")
  void readsAnyRunOfAnyViewAsANaiveGatherDoes(
      DType dtype, Shape shape, List<Long> stride, long offset) throws IOException {
    byte[] storage = random(storageBytes(dtype, shape, stride, offset));
    TensorEntry tensor =
        new TensorEntry("t", dtype, shape, stride, offset, write(storage, Storage.Order.LITTLE));
    byte[] expected = naiveGather(tensor, storage);
    for (int scratchBytes : new int[] {4096, 12288, 1 << 20}) {
      assertThat(read(tensor, scratchBytes, expected.length)).isEqualTo(expected);
      assertThat(read(tensor, scratchBytes, 16 * 37)).isEqualTo(expected);
    }
  }

  @Test
  void readsContiguousTensorsWithoutScratch() throws IOException {
    byte[] storage = random(10_000);
    TensorEntry tensor =
        new TensorEntry(
            "t",
            DType.FLOAT16,
            Shape.of(4, 1000),
            List.of(1000L, 1L),
            50,
            write(storage, Storage.Order.LITTLE));
    try (BlockAllocator memory = new BlockAllocator(1 << 20);
        Block window = memory.allocate(4096);
        RangeReader reader = open(tensor)) {
      TensorBlocks blocks = TensorBlocks.contiguous(tensor, reader, SMALL);
      TensorStream stream = new TensorStream(blocks, 0, tensor.bytes(), window);
      ByteArrayOutputStream all = new ByteArrayOutputStream();
      for (int at = 0; at < 8000; at += 1024) {
        all.write(BlockFixtures.bytes(stream.next(Math.min(1024, 8000 - at))));
      }
      assertThat(all.toByteArray()).isEqualTo(naiveGather(tensor, storage));
      assertThat(reader.bytesRead()).isEqualTo(8000);
    }
  }

  @ParameterizedTest
  @MethodSource("bigEndian")
  void swapsBigEndianNumbersComponentByComponent(DType dtype, int component) throws IOException {
    byte[] storage = random(4800);
    Shape shape = Shape.of(4800 / dtype.bytes());
    TensorEntry tensor =
        TensorEntry.contiguous("t", dtype, shape, write(storage, Storage.Order.BIG));
    byte[] expected = new byte[storage.length];
    for (int i = 0; i < expected.length; i++) {
      expected[i] = storage[i / component * component + component - 1 - i % component];
    }
    assertThat(read(tensor, 4096, 1600)).isEqualTo(expected);
  }

  static Stream<Arguments> bigEndian() {
    return Stream.of(
        Arguments.of(DType.UINT8, 1),
        Arguments.of(DType.BFLOAT16, 2),
        Arguments.of(DType.FLOAT32, 4),
        Arguments.of(DType.INT64, 8),
        Arguments.of(DType.COMPLEX32, 2),
        Arguments.of(DType.COMPLEX64, 4),
        Arguments.of(DType.COMPLEX128, 8));
  }

  @Test
  void readsEachTouchedPageOnceHoweverTheElementsJump() throws IOException {
    byte[] storage = random(64 * 4096);
    TensorEntry transposed =
        new TensorEntry(
            "t",
            DType.FLOAT32,
            Shape.of(1024, 64),
            List.of(1L, 1024L),
            0,
            write(storage, Storage.Order.LITTLE));
    try (BlockAllocator memory = new BlockAllocator(1 << 20);
        Block scratch = memory.allocate(8192);
        Block target = memory.allocate(64 * 4096);
        RangeReader reader = open(transposed)) {
      TensorBlocks.strided(transposed, reader, SMALL, scratch).read(0, target);
      assertThat(BlockFixtures.bytes(target)).isEqualTo(naiveGather(transposed, storage));
      assertThat(reader.bytesRead()).isEqualTo(storage.length);
    }
  }

  @Test
  void refusesStoragesThatEndAfterTheirFile() throws IOException {
    Storage written = write(random(100), Storage.Order.LITTLE);
    Storage claimed = new Storage(written.file(), "7", POSITION, 101, written.order(), -1);
    TensorEntry tensor = TensorEntry.contiguous("t", DType.UINT8, Shape.of(101), claimed);
    try (RangeReader reader = open(tensor)) {
      assertThatThrownBy(() -> TensorBlocks.contiguous(tensor, reader, SMALL))
          .isInstanceOf(FormatException.class)
          .hasMessageEndingWith(
              "at byte 77: Invalid storage '7': 101 bytes, expected to end within the file's 177");
    }
  }

  @Test
  void refusesRunsThatCutElements() throws IOException {
    TensorEntry tensor =
        TensorEntry.contiguous(
            "t", DType.FLOAT32, Shape.of(25), write(random(100), Storage.Order.LITTLE));
    try (BlockAllocator memory = new BlockAllocator(1 << 20);
        Block target = memory.allocate(8);
        RangeReader reader = open(tensor)) {
      TensorBlocks blocks = TensorBlocks.contiguous(tensor, reader, SMALL);
      assertThatThrownBy(() -> blocks.read(2, target))
          .hasMessage("Invalid range: 8 bytes from 2, expected multiples of 4");
      assertThatThrownBy(() -> blocks.read(96, target))
          .isInstanceOf(IndexOutOfBoundsException.class);
    }
  }

  private byte[] read(TensorEntry tensor, int scratchBytes, int blockBytes) throws IOException {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    try (BlockAllocator memory = new BlockAllocator(8 << 20);
        Block scratch = memory.allocate(scratchBytes);
        Block target = memory.allocate(blockBytes);
        RangeReader reader = open(tensor)) {
      TensorBlocks blocks = TensorBlocks.strided(tensor, reader, SMALL, scratch);
      for (long at = 0; at < tensor.bytes(); at += blockBytes) {
        blocks.read(at, target.resize((int) Math.min(blockBytes, tensor.bytes() - at)));
        all.write(BlockFixtures.bytes(target));
      }
    }
    return all.toByteArray();
  }

  private static RangeReader open(TensorEntry tensor) throws IOException {
    return LocalFiles.STORE.open(tensor.storage().file());
  }

  private Storage write(byte[] storage, Storage.Order order) throws IOException {
    Path file = folder.resolve("storage.bin");
    byte[] bytes = new byte[POSITION + storage.length];
    System.arraycopy(storage, 0, bytes, POSITION, storage.length);
    Files.write(file, bytes);
    return new Storage(file.toString(), "0", POSITION, storage.length, order, Storage.UNVERIFIED);
  }

  private static byte[] random(int length) {
    byte[] bytes = new byte[length];
    new Random(20261123).nextBytes(bytes);
    return bytes;
  }

  private static int storageBytes(DType dtype, Shape shape, List<Long> stride, long offset) {
    long last = offset;
    for (int d = 0; d < shape.rank(); d++) {
      last += (shape.sizes().get(d) - 1) * stride.get(d);
    }
    return (int) (last + 1) * dtype.bytes();
  }

  private static byte[] naiveGather(TensorEntry tensor, byte[] storage) {
    int width = tensor.dtype().bytes();
    byte[] out = new byte[(int) tensor.bytes()];
    for (int element = 0; element < tensor.elements(); element++) {
      long at = tensor.offset();
      long rest = element;
      for (int d = tensor.shape().rank() - 1; d >= 0; d--) {
        at += rest % tensor.shape().sizes().get(d) * tensor.stride().get(d);
        rest /= tensor.shape().sizes().get(d);
      }
      System.arraycopy(storage, (int) at * width, out, element * width, width);
    }
    return out;
  }
}
