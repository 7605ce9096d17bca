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

  /** An event that is worth a line of its own. */
  void report(String line);

  /** How far a stage has come. As often as is handy: who shows it decides how often. */
  void show(Stage now);
}
