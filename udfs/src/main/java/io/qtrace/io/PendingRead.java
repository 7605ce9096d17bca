package io.qtrace.io;

import java.io.IOException;

/** Ranges that were requested. */
public interface PendingRead {
  /** Ranges that are read already. */
  PendingRead DONE = () -> {};

  /**
   * Waits until every target is filled, or, after a failure, no longer written to. Must be called
   * once, before the targets are used for anything else.
   */
  void await() throws IOException;
}
