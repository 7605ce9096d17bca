package io.qtrace.job.cli;

import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Path;

/** Runs interactive commands, so that the JVM archives the classes that they load. */
final class WarmUp {
  private WarmUp() {}

  /**
   * Fails if a command fails.
   *
   * @param args the sample archive, and a folder for tables
   */
  public static void main(String[] args) {
    String archive = args[0];
    String warehouse = args[1];
    Path run = Path.of(archive, "runs", "debug_lut_training");
    String left = run.resolve("best_state_dict.pt").toString();
    String right = run.resolve("checkpoint_step20.pt").toString();
    run("audit", "--archive", run.toString(), "--warehouse", warehouse, "--fail-on", "never");
    run("audit", "--archive", archive, "--warehouse", warehouse, "--fail-on", "never");
    run("lineage", "--warehouse", warehouse);
    run("report", "--warehouse", warehouse, "--out", Path.of(warehouse, "report.html").toString());
    run("diff", left, right);
    run("explain", left, right);
    run("sql", "--warehouse", warehouse, "-e", "SELECT kind, count(*) FROM edges GROUP BY kind");
  }

  private static void run(String... command) {
    PrintWriter nowhere = new PrintWriter(Writer.nullWriter());
    if (Main.run(nowhere, nowhere, command) == ExitStatus.FAILED) {
      throw new IllegalStateException("Cannot run " + String.join(" ", command));
    }
  }
}
