package io.qtrace.arrow;

import java.io.IOException;

/**
 * Bytes {@code [from, to)} of a tensor in C order, from front to back: a window of them is read at
 * a time and handed out in pieces.
 */
public final class TensorStream {
  private final TensorBlocks source;
  private final long to;
  private final Block window;
  private long position; // first byte that the window does not hold
  private int taken; // bytes of the window that were handed out

  /**
   * @param window filled with as many bytes as fit; not closed by the stream
   */
  public TensorStream(TensorBlocks source, long from, long to, Block window) {
    this.source = source;
    this.to = to;
    this.window = window.resize(0);
    this.position = from;
  }

  /**
   * The next {@code bytes} bytes, valid until the next call.
   *
   * @param bytes pieces must fill the window exactly, or the range end with the piece
   */
  public Block next(int bytes) throws IOException {
    if (taken == window.length()) {
      int length = (int) Math.min(window.capacity(), to - position);
      source.read(position, window.resize(length));
      position += length;
      taken = 0;
    }
    Block piece = window.slice(taken, bytes);
    taken += bytes;
    return piece;
  }
}
