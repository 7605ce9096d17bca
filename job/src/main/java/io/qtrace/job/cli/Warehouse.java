package io.qtrace.job.cli;

import io.qtrace.job.conf.OpenSession;
import io.qtrace.job.conf.Sessions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The location of a command's tables. */
final class Warehouse {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Option(
      names = "--warehouse",
      paramLabel = "DIR",
      description =
          "Folder of the embedded catalog and its tables, created if missing; default: the catalog"
              + " configured in conf/spark-defaults.conf, which is in .qtrace/ of the working folder.")
  private Path folder;

  /**
   * A session on these tables.
   *
   * @throws IllegalArgumentException if the command runs in a shell with other tables
   */
  OpenSession open() throws IOException {
    Optional<SparkSession> shell = Main.of(command).session();
    if (shell.isPresent() && folder != null) {
      throw new IllegalArgumentException(
          "Invalid option --warehouse: commands in the shell use its tables");
    }
    return shell.isPresent()
        ? new OpenSession(shell.get(), true)
        : new OpenSession(Sessions.open(Optional.ofNullable(folder)), false);
  }

  /** The same options as arguments of another command. */
  List<String> words() {
    return folder == null ? List.of() : List.of("--warehouse", folder.toString());
  }
}
