package io.qtrace.job.cli;

import io.qtrace.job.progress.Progress;
import io.qtrace.job.progress.Stage;
import io.qtrace.job.text.Terminal;
import java.time.InstantSource;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Shows on standard error what a command is doing. */
final class ProgressOption implements Progress {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Option(names = "--quiet", description = "Do not show progress on standard error.")
  private boolean quiet;

  private ProgressLine line;

  @Override
  public void report(String event) {
    if (!quiet) {
      line().report(event);
    }
  }

  @Override
  public void show(Stage now) {
    if (!quiet) {
      line().show(now);
    }
  }

  private synchronized ProgressLine line() {
    if (line == null) {
      line =
          new ProgressLine(
              command.commandLine().getErr(), Terminal.hasErrorLine(), InstantSource.system());
    }
    return line;
  }
}
