package io.qtrace.job.progress;

/** Receives what a command is doing and how far it has come, from any thread. */
public interface Progress {
  /** Shows nothing. */
  Progress NONE =
      new Progress() {
        @Override
        public void report(String line) {}

        @Override
        public void show(Stage now) {}
      };

  /** Reports an event, on a line of its own. */
  void report(String line);

  /**
   * Reports how far a stage has come. It may be called at any rate; the display decides how often
   * to update.
   */
  void show(Stage now);
}
