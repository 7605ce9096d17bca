package io.qtrace.job.faults;

import io.qtrace.job.ClassArchive;
import io.qtrace.job.LocalSpark;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.spark.sql.SparkSession;

/** A process that audits on two executors, over and over while they are struck. */
final class ClusterAudits {
  private static final int EXECUTORS = 2;
  private static final ExecutorService THREADS = Executors.newSingleThreadExecutor();

  private final Path folder;
  private final String archive;

  private ClusterAudits(Path folder, String archive) {
    this.folder = folder;
    this.archive = archive;
  }

  /**
   * Prints a line for each audit: strikes, tasks that ran twice at once, 1 if it failed.
   *
   * @param args an archive, the folder of the tables, a seed for each strike
   */
  public static void main(String[] args) throws Exception {
    long[] seeds = Arrays.stream(args).skip(2).mapToLong(Long::parseLong).toArray();
    ClusterAudits audits = new ClusterAudits(Path.of(args[1]), args[0]);
    ExecutorStrikes strikes = new ExecutorStrikes(seeds);
    try (SparkSession spark = open()) {
      spark.sparkContext().addSparkListener(strikes); // long before an executor has started
      long began = System.nanoTime();
      audits.audit(spark, "undisturbed");
      // Several of them in each audit; the first one is slower than the others.
      long maxPause = (System.nanoTime() - began) / 1_000_000 / 4;
      for (int i = 0; !strikes.isComplete(); i++) {
        audits.disturbed(spark, Integer.toString(i), strikes, maxPause);
      }
    } finally {
      THREADS.shutdown();
    }
  }

  private static SparkSession open() {
    ClassArchive classes = ClassArchive.get();
    return SparkSession.builder()
        .master("local-cluster[%d,1,768]".formatted(EXECUTORS))
        .config("spark.executor.memory", "768m")
        .config("spark.executor.extraClassPath", classes.classPath())
        .config(
            "spark.executor.extraJavaOptions",
            "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC " + classes.sparkOptions())
        .config("spark.deploy.maxExecutorRetries", "-1")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.speculation", true)
        .config("spark.speculation.interval", "20ms")
        .config("spark.speculation.quantile", "0.1")
        .config("spark.speculation.minTaskRuntime", "0ms")
        .config(
            "spark.sql.extensions",
            "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions")
        .getOrCreate();
  }

  private void audit(SparkSession spark, String name) throws IOException {
    Bench.audit(LocalSpark.withTables(spark.newSession(), folder.resolve(name)), archive);
  }

  private void disturbed(SparkSession spark, String name, ExecutorStrikes strikes, long maxPause)
      throws Exception {
    int before = strikes.done();
    int twice = strikes.speculative();
    strikes.setAuditing(true);
    Future<Void> striking =
        THREADS.submit(
            () -> {
              strikes.run(maxPause);
              return null;
            });
    int failed = AuditFault.failures(() -> audit(spark, name));
    strikes.setAuditing(false);
    striking.get();
    System.out.println(
        (strikes.done() - before) + " " + (strikes.speculative() - twice) + " " + failed);
  }
}
