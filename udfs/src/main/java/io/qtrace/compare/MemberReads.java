package io.qtrace.compare;

import io.qtrace.arrow.Block;
import io.qtrace.arrow.BlockPool;
import io.qtrace.arrow.ReadOptions;
import io.qtrace.arrow.TensorBlocks;
import io.qtrace.compare.Sources.Unreadable;
import io.qtrace.io.PendingRead;
import io.qtrace.tensor.TensorEntry;
import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Reads the members of a task window by window, in the order in which they are needed. While one is
 * processed, the next ones are read ahead, as many as the options and the plan's memory allow.
 */
final class MemberReads implements Closeable {
  private final RangeTask task;
  private final RangePlan plan;
  private final BlockPool pool;
  private final Sources sources;
  private final FailureReason reasons;
  private final ReadOptions options;
  private final Block scratch; // null where no tensor needs it
  private final Deque<Window> begun = new ArrayDeque<>();
  private long begunBytes;
  private long nextIndex;
  private int nextMember;

  MemberReads(
      RangeTask task,
      RangePlan plan,
      BlockPool pool,
      Sources sources,
      FailureReason reasons,
      ReadOptions options,
      Block scratch) {
    this.task = task;
    this.plan = plan;
    this.pool = pool;
    this.sources = sources;
    this.reasons = reasons;
    this.options = options;
    this.scratch = scratch;
    this.nextIndex = task.from();
  }

  /**
   * A member's elements.
   *
   * @param block null before memory is taken for them
   */
  private record Window(int member, long index, int count, Block block, PendingRead read) {}

  /**
   * The window that is due, filled, to be given back to the pool: after the last member of the task
   * come the next elements of the first.
   */
  Block next() throws IOException, Unreadable {
    Window due = due();
    try {
      beginMore();
      if (due.block() == null) {
        due = inBlock(due);
        read(due);
      } else {
        Sources.await(file(due.member()), reasons, due.read());
      }
      return due.block();
    } catch (IOException | Unreadable | RuntimeException e) {
      give(due);
      throw e;
    }
  }

  /** Leaves out the window that is due. */
  void skip() {
    abandon(due());
  }

  @Override
  public void close() {
    while (!begun.isEmpty()) {
      abandon(due());
    }
  }

  private Window due() {
    if (begun.isEmpty()) {
      return advance();
    }
    Window due = begun.remove();
    begunBytes -= due.block() == null ? 0 : due.block().capacity();
    return due;
  }

  // Those whose bytes do not come straight from the file are read when they are due, as all are
  // whose reading could not begin: then it fails again.
  private void beginMore() {
    while (begun.size() < options.inFlight() - 1
        && nextIndex < task.to()
        && begunBytes + windowBytes(nextMember) <= plan.aheadBytes()) {
      Window window = advance();
      TensorEntry tensor = task.members().get(window.member()).tensor();
      if (tensor.isContiguous() && !tensor.storage().isDeflated()) {
        window = begin(inBlock(window), tensor);
      }
      begun.add(window);
      begunBytes += window.block() == null ? 0 : window.block().capacity();
    }
  }

  private Window begin(Window window, TensorEntry tensor) {
    Block block = window.block();
    try {
      PendingRead read =
          TensorBlocks.contiguous(tensor, sources.open(file(window.member())), options)
              .begin(window.index() * tensor.dtype().bytes(), block);
      return new Window(window.member(), window.index(), window.count(), block, read);
    } catch (IOException | Unreadable e) {
      pool.give(block);
      return new Window(window.member(), window.index(), window.count(), null, PendingRead.DONE);
    }
  }

  private void read(Window window) throws IOException, Unreadable {
    TensorEntry tensor = task.members().get(window.member()).tensor();
    sources.read(
        file(window.member()),
        reasons,
        source -> {
          TensorBlocks blocks = TensorBlocks.of(tensor, source, options, scratch);
          if (window.count() > 0) {
            blocks.read(window.index() * tensor.dtype().bytes(), window.block());
          }
          return blocks;
        });
  }

  private Window advance() {
    int count = (int) Math.min(plan.windowElements(), task.to() - nextIndex);
    Window window = new Window(nextMember, nextIndex, count, null, PendingRead.DONE);
    nextMember++;
    if (nextMember == task.members().size()) {
      nextMember = 0;
      nextIndex += count;
    }
    return window;
  }

  private Window inBlock(Window window) {
    int width = task.members().get(window.member()).tensor().dtype().bytes();
    Block block = pool.take(windowBytes(window.member())).resize(window.count() * width);
    return new Window(window.member(), window.index(), window.count(), block, PendingRead.DONE);
  }

  private void abandon(Window window) {
    try {
      window.read().await();
    } catch (IOException e) {
      // No tensor needs it.
    } finally {
      give(window);
    }
  }

  private void give(Window window) {
    if (window.block() != null) {
      pool.give(window.block());
    }
  }

  private int windowBytes(int member) {
    return plan.windowElements() * task.members().get(member).tensor().dtype().bytes();
  }

  private String file(int member) {
    return task.members().get(member).file();
  }
}
