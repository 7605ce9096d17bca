package io.qtrace.job.faults;

import java.io.IOException;

/** Strikes some time from now, while something else runs. */
final class DelayedStrike {
  private final Thread thread;
  private int strikes;

  /** What goes wrong. */
  interface Strike {
    /** Returns how often it struck. */
    int now() throws IOException, InterruptedException;
  }

  private DelayedStrike(long millis, Strike strike) {
    thread = new Thread(() -> run(millis, strike));
  }

  static DelayedStrike in(long millis, Strike strike) {
    DelayedStrike delayed = new DelayedStrike(millis, strike);
    delayed.thread.start();
    return delayed;
  }

  private void run(long millis, Strike strike) {
    try {
      Thread.sleep(millis);
      strikes = strike.now();
    } catch (InterruptedException | IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Waits until it struck, and returns how often it did. */
  int await() throws InterruptedException {
    thread.join();
    return strikes;
  }
}
