package io.qtrace.io;

import java.io.IOException;

/** Ranges that were asked for. */
public interface PendingRead {
  /** Ranges that are read already. */
  PendingRead DONE = () -> {};

  /**
   * Waits until every target is filled, or none is written to any more. To be called once, and
   * before the targets are used for anything else.
   */
  void await() throws IOException;
}
