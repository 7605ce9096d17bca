package io.qtrace.arrow;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Objects;
import org.apache.arrow.memory.ArrowBuf;

/**
 * Off-heap bytes that are filled again and again: {@code length()} of them are in use, little
 * endian. A slice is a view of its block's bytes and owns nothing: closing it does nothing. Not
 * thread safe.
 */
public final class Block implements AutoCloseable {
  private final ArrowBuf buffer;
  private final Runnable release;
  private final ByteBuffer bytes;
  private final long address;
  private int length;

  Block(ArrowBuf buffer, int capacity) {
    this(buffer, 0, capacity, buffer::close);
  }

  private Block(ArrowBuf buffer, int from, int capacity, Runnable release) {
    this.buffer = buffer;
    this.release = release;
    this.bytes = buffer.nioBuffer(from, capacity).slice().order(ByteOrder.LITTLE_ENDIAN);
    this.address = buffer.memoryAddress() + from;
    this.length = capacity;
  }

  /** Bytes that fit. */
  public int capacity() {
    return bytes.capacity();
  }

  /** Bytes in use: the capacity at first. */
  public int length() {
    return length;
  }

  /** Sets the bytes in use; their content stays. */
  public Block resize(int newLength) {
    length = Objects.checkIndex(newLength, capacity() + 1);
    bytes.limit(length);
    return this;
  }

  /** The bytes in use, from position 0; the block's own buffer, so leave its position alone. */
  public ByteBuffer bytes() {
    return bytes;
  }

  /** Address of the first byte, valid until the block closes. */
  public long address() {
    return address;
  }

  /** A view of {@code count} bytes in use, valid until the block is filled again. */
  public Block slice(int from, int count) {
    Objects.checkFromIndexSize(from, count, length);
    int offset = Math.toIntExact(address - buffer.memoryAddress()) + from;
    return new Block(buffer, offset, count, () -> {});
  }

  @Override
  public void close() {
    release.run();
  }
}
