package io.qtrace.job.shell;

import java.io.PrintWriter;
import java.util.List;
import java.util.Set;

/** The other commands of qtrace, as a shell knows them. */
public interface ShellCommands {
  /** First words of the commands that can run in a shell. */
  Set<String> names();

  /**
   * Runs a command in the shell's session.
   *
   * @param err where it reports progress and errors
   * @return its results, as it prints them
   */
  String run(List<String> words, PrintWriter err);

  /**
   * Options and values that may stand at the end of a command line.
   *
   * @param words the last of them unfinished
   */
  List<String> candidates(List<String> words);

  /** Why something failed, in one line that is safe to show. */
  String reason(Throwable failure);
}
