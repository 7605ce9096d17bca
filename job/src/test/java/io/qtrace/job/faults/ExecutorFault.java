package io.qtrace.job.faults;

import io.qtrace.job.LocalSpark;
import io.qtrace.job.Processes;
import io.qtrace.job.Processes.Ended;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.apache.spark.sql.SparkSession;

/**
 * Executors are killed at random moments of audits, several in each, or stop for a while so that
 * their tasks run twice.
 */
final class ExecutorFault implements Fault {
  private final Bench bench;

  ExecutorFault(Bench bench) {
    this.bench = bench;
  }

  @Override
  public String title() {
    return "executors killed or stopped, tasks run twice";
  }

  @Override
  public int inGate() {
    return 75; // of which 50 kills
  }

  @Override
  public int inSoak() {
    return 300; // of which 200 kills
  }

  @Override
  public Tally run(long[] seeds, Path folder) throws Exception {
    Path home = Files.createDirectories(folder.resolve("spark"));
    Files.createDirectories(home.resolve("jars")); // what executors need is on their path
    Files.createFile(home.resolve("RELEASE"));
    Stream<String> args = Stream.of(bench.archive().toString(), folder.toString());
    ProcessBuilder process =
        new ProcessBuilder(
            Processes.spark(
                ClusterAudits.class,
                Stream.concat(args, Arrays.stream(seeds).mapToObj(Long::toString))
                    .toArray(String[]::new)));
    process.environment().put("SPARK_HOME", home.toString());
    process.environment().put("SPARK_SCALA_VERSION", "2.13");
    process.directory(Path.of("").toAbsolutePath().toFile());
    Ended ended = Processes.run(process);
    List<String> lines = ended.out().lines().toList();
    if (ended.status() != 0) {
      throw new IOException("Cannot audit on executors: " + ended.err());
    }
    Tally all = Tally.NONE;
    for (int i = 0; i < lines.size(); i++) {
      long[] counts = Arrays.stream(lines.get(i).split(" ")).mapToLong(Long::parseLong).toArray();
      SparkSession tables = LocalSpark.session(folder.resolve(Integer.toString(i)));
      Bench.audit(tables, bench.archive().toString());
      all =
          all.plus(AuditFault.struck(counts[0] + counts[1], (int) counts[2]))
              .plus(bench.compare(tables));
      TableHistory.requireReadable(tables);
    }
    return all;
  }
}
