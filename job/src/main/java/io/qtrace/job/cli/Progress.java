package io.qtrace.job.cli;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Tells on standard error what a command is doing. */
final class Progress {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Option(names = "--quiet", description = "Say nothing of progress on standard error.")
  private boolean quiet;

  void tell(String line) {
    if (!quiet) {
      command.commandLine().getErr().println("qtrace: " + line);
    }
  }
}
