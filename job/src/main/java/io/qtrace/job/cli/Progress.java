package io.qtrace.job.cli;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Tells on standard error what a command is doing. */
final class Progress {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  void tell(String line) {
    command.commandLine().getErr().println("qtrace: " + line);
  }
}
