package io.qtrace.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.qtrace.io.RangeReader.Range;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileRange;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TestRangeReader {
  @TempDir private Path folder;
  private Path file;

  @BeforeEach
  void writeFile() throws IOException {
    file = Files.write(folder.resolve("file"), new byte[] {0, 1, 2, 3, 4, 5, 6, 7});
  }

  @Test
  void fillsTargetsOfAnyKindAndCountsTheirBytes() throws IOException {
    ByteBuffer heap = ByteBuffer.allocate(4).position(1);
    ByteBuffer direct = ByteBuffer.allocateDirect(2);
    try (RangeReader reader = LocalFiles.open(file)) {
      reader.read(
          List.of(new Range(5, heap), new Range(0, direct), new Range(8, ByteBuffer.allocate(0))));
      assertThat(heap.array()).containsExactly(0, 5, 6, 7);
      assertThat(direct.flip()).isEqualTo(ByteBuffer.wrap(new byte[] {0, 1}));
      assertThat(reader.read(2, 3)).containsExactly(2, 3, 4);
      assertThat(reader.bytesRead()).isEqualTo(8);
    }
  }

  @Test
  void refusesRangesOutsideTheFile() throws IOException {
    try (RangeReader reader = LocalFiles.open(file)) {
      ByteBuffer untouched = ByteBuffer.allocate(1);
      assertThatThrownBy(
              () ->
                  reader.read(
                      List.of(new Range(1, untouched), new Range(7, ByteBuffer.allocate(2)))))
          .isInstanceOf(FormatException.class)
          .hasMessageContaining(
              "at byte 8: Invalid range: 2 bytes from 7, expected them before the end");
      assertThatThrownBy(() -> reader.read(-1, 1)).hasMessageContaining("Invalid range");
      assertThat(untouched.get(0)).isZero();
      assertThat(reader.bytesRead()).isZero();
    }
  }

  @Test
  void endsNoFailureBeforeTheOtherReadsHaveEnded() throws IOException {
    Configuration hadoop = new Configuration();
    hadoop.set("fs.late.impl", LateFileSystem.class.getName());
    ByteBuffer late = ByteBuffer.allocate(1);
    try (RangeReader reader = new ObjectStore(hadoop).open("late://" + file)) {
      assertThatThrownBy(
              () -> reader.read(List.of(new Range(7, late), new Range(0, ByteBuffer.allocate(1)))))
          .isInstanceOf(IOException.class)
          .hasMessageStartingWith("Cannot read late:")
          .hasMessageEndingWith("1 bytes at 0: java.io.IOException: no such block");
      assertThat(late.get(0)).isEqualTo((byte) 7);
    }
  }

  /** Local files under a scheme of their own, read in the background as object stores are. */
  public static final class LateFileSystem extends RawLocalFileSystem {
    @Override
    public java.net.URI getUri() {
      return java.net.URI.create("late:///");
    }

    @Override
    public FSDataInputStream open(org.apache.hadoop.fs.Path path, int bufferSize)
        throws IOException {
      return new FSDataInputStream(super.open(path, bufferSize).getWrappedStream()) {
        @Override
        public void readVectored(
            List<? extends FileRange> ranges, IntFunction<ByteBuffer> allocate) {
          ranges.forEach(range -> range.setData(late(range, allocate.apply(range.getLength()))));
        }
      };
    }

    // Byte 0 is lost; every other byte is its position.
    private static CompletableFuture<ByteBuffer> late(FileRange range, ByteBuffer target) {
      if (range.getOffset() == 0) {
        return CompletableFuture.failedFuture(new IOException("no such block"));
      }
      return CompletableFuture.supplyAsync(
          () -> target.put(0, (byte) range.getOffset()),
          CompletableFuture.delayedExecutor(300, TimeUnit.MILLISECONDS));
    }
  }
}
