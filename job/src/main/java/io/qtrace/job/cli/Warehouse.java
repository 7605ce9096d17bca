package io.qtrace.job.cli;

import io.qtrace.job.conf.Sessions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Option;

/** Where a command's tables are. */
final class Warehouse {
  @Option(
      names = "--warehouse",
      paramLabel = "DIR",
      description =
          "Folder of the embedded catalog with the tables, created if missing; default: the catalog"
              + " configured in conf/spark-defaults.conf, .qtrace/ in the working folder.")
  private Path folder;

  /** Opens a session on these tables; the caller closes it. */
  SparkSession open() throws IOException {
    return Sessions.open(Optional.ofNullable(folder));
  }

  /** The options that name these tables in another command. */
  List<String> words() {
    return folder == null ? List.of() : List.of("--warehouse", folder.toString());
  }
}
