package io.qtrace.job.faults;

import io.qtrace.job.Processes;
import io.qtrace.job.faults.CuttableWire.Side;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.spark.sql.SparkSession;

/**
 * The driver is killed with SIGKILL before, during or after a commit, or some time later; then the
 * next one, which continues in the same tables, until they are complete.
 */
final class DriverKilled extends AuditFault {
  private static final String CREATED = "INSERT INTO iceberg_tables";
  private static final int MAX_DELAY_MS = 200;

  private Map<String, String> catalog;
  private Path log;
  private boolean isFresh; // no driver has been killed yet
  private int left; // commits until the tables are complete, at least

  DriverKilled(Bench bench) {
    super(bench, "driver killed at commits", 20, 100);
  }

  @Override
  SparkSession tables(Path folder) throws Exception {
    catalog = bench.sharedCatalog(folder.resolve("warehouse"));
    log = folder.resolve("log");
    isFresh = true;
    left = CatalogCut.COMMITS;
    return Bench.session(catalog);
  }

  @Override
  boolean isToBeDisturbedAgain() {
    return left > 0;
  }

  @Override
  Tally disturb(SparkSession tables, Random random) throws Exception {
    List<String> args = new ArrayList<>(List.of(archive()));
    catalog.forEach((key, value) -> args.addAll(List.of(key, value)));
    boolean isCreating = isFresh && random.nextInt(3) == 0;
    isFresh = false;
    String at = isCreating ? CREATED : CatalogCut.COMMIT;
    int message = 1 + random.nextInt(left);
    Side side = random.nextBoolean() ? Side.BEFORE : Side.AFTER;
    boolean isDelayed = message < left && random.nextInt(3) == 0;
    int delay = random.nextInt(MAX_DELAY_MS);
    AtomicReference<Process> process = new AtomicReference<>();
    if (isDelayed) {
      bench.wire().watch(at, message, () -> killLater(process.get(), delay));
    } else {
      bench.wire().cut(at, message, side, () -> process.get().destroyForcibly());
    }
    process.set(
        new ProcessBuilder(Processes.spark(AuditProcess.class, args.toArray(String[]::new)))
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start());
    int status = process.get().waitFor();
    int seen = bench.wire().mend();
    if (status != 0 && status != Processes.SIGKILL) {
      throw new IOException(Files.readString(log));
    }
    if (status == 0) {
      left = 0;
      return struck(0, 0);
    }
    if (!isCreating) {
      left -= seen;
    }
    return struck(1, 1);
  }

  private static void killLater(Process process, int millis) {
    Thread killer =
        new Thread(
            () -> {
              try {
                Thread.sleep(millis);
                process.destroyForcibly();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
    killer.setDaemon(true);
    killer.start();
  }
}
