package io.qtrace.job.cli;

import io.qtrace.job.LocalSpark;
import java.io.PrintWriter;
import java.io.StringWriter;

/** What a command line printed, and its exit status. */
record CommandRun(int status, String out, String err) {
  // As in a process of its own: with no session whose catalog has other tables.
  static CommandRun of(String... args) {
    LocalSpark.stop();
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int status = Main.run(new PrintWriter(out), new PrintWriter(err), args);
    return new CommandRun(status, out.toString(), err.toString());
  }
}
