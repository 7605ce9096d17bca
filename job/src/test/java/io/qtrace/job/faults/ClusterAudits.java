package io.qtrace.job.faults;

import io.qtrace.job.LocalSpark;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerSpeculativeTaskSubmitted;
import org.apache.spark.sql.SparkSession;

/** A process that audits on two executors, which it kills or stops for a while meanwhile. */
final class ClusterAudits {
  private static final int MAX_STOP_MS = 1500;
  private static final int STOPPED = 3; // every third on average, the others are killed

  private final Path folder;
  private final String archive;
  private final AtomicInteger speculative = new AtomicInteger();
  private long usual; // milliseconds of an audit

  private ClusterAudits(Path folder, String archive) {
    this.folder = folder;
    this.archive = archive;
  }

  /**
   * Prints a line for each audit: strikes, tasks that ran twice at once, 1 if it failed.
   *
   * @param args an archive, the folder of the tables, a seed for each audit
   */
  public static void main(String[] args) throws Exception {
    ClusterAudits audits = new ClusterAudits(Path.of(args[1]), args[0]);
    try (SparkSession spark = audits.open()) {
      long began = System.nanoTime();
      audits.audit(spark, "undisturbed");
      audits.usual = (System.nanoTime() - began) / 1_000_000 / 2; // the first one is slower
      for (int i = 2; i < args.length; i++) {
        audits.run(spark, Integer.toString(i - 2), new Random(Long.parseLong(args[i])));
      }
    }
  }

  private SparkSession open() {
    SparkSession spark =
        SparkSession.builder()
            .master("local-cluster[2,1,768]")
            .config("spark.executor.memory", "768m")
            .config("spark.executor.extraClassPath", System.getProperty("java.class.path"))
            .config("spark.executor.extraJavaOptions", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
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
    spark
        .sparkContext()
        .addSparkListener(
            new SparkListener() {
              @Override
              public void onSpeculativeTaskSubmitted(SparkListenerSpeculativeTaskSubmitted task) {
                speculative.incrementAndGet();
              }
            });
    return spark;
  }

  private void audit(SparkSession spark, String name) throws IOException {
    Bench.audit(LocalSpark.withTables(spark.newSession(), folder.resolve(name)), archive);
  }

  private void run(SparkSession spark, String name, Random random) throws Exception {
    speculative.set(0);
    long delay = random.nextLong(Math.max(1, usual));
    DelayedStrike striking =
        DelayedStrike.in(
            delay,
            () -> {
              strike(random);
              return 1;
            });
    int failed = AuditFault.failures(() -> audit(spark, name));
    System.out.println(striking.await() + " " + speculative + " " + failed);
  }

  // The processes that this one started are its executors.
  private void strike(Random random) throws InterruptedException, IOException {
    List<ProcessHandle> executors = ProcessHandle.current().children().toList();
    while (executors.isEmpty()) {
      Thread.sleep(20);
      executors = ProcessHandle.current().children().toList();
    }
    ProcessHandle one = executors.get(random.nextInt(executors.size()));
    if (random.nextInt(STOPPED) > 0) {
      one.destroyForcibly();
    } else {
      signal("-STOP", one);
      Thread.sleep(random.nextInt(MAX_STOP_MS));
      signal("-CONT", one);
    }
  }

  private static void signal(String signal, ProcessHandle process)
      throws IOException, InterruptedException {
    new ProcessBuilder("kill", signal, Long.toString(process.pid())).start().waitFor();
  }
}
