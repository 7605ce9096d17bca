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

/** The driver is killed with SIGKILL before, during or after a commit, or some time later. */
final class DriverKilled extends AuditFault {
  private static final String CREATED = "INSERT INTO iceberg_tables";
  private static final int MAX_DELAY_MS = 200;

  private Map<String, String> catalog;
  private Path log;

  DriverKilled(Bench bench) {
    super(bench, "driver killed at commits", 1, 100);
  }

  @Override
  SparkSession tables(Path folder) throws Exception {
    catalog = bench.sharedCatalog(folder.resolve("warehouse"));
    log = folder.resolve("log");
    return Bench.session(catalog);
  }

  @Override
  Tally disturb(SparkSession tables, Random random) throws Exception {
    List<String> args = new ArrayList<>(List.of(archive()));
    catalog.forEach((key, value) -> args.addAll(List.of(key, value)));
    String at = random.nextInt(5) == 0 ? CREATED : CatalogCut.COMMIT;
    Side side = random.nextBoolean() ? Side.BEFORE : Side.AFTER;
    int delay = random.nextInt(3) == 0 ? random.nextInt(MAX_DELAY_MS) : 0;
    AtomicReference<Process> process = new AtomicReference<>();
    int message = 1 + random.nextInt(CatalogCut.COMMITS);
    if (delay > 0) {
      bench.wire().watch(at, message, () -> killLater(process.get(), delay));
    } else {
      bench.wire().cut(at, message, side, () -> process.get().destroyForcibly());
    }
    process.set(
        new ProcessBuilder(Processes.java(AuditProcess.class, args.toArray(String[]::new)))
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start());
    int status = process.get().waitFor();
    bench.wire().mend();
    if (status != 0 && status != Processes.SIGKILL) {
      throw new IOException(Files.readString(log));
    }
    int killed = status == 0 ? 0 : 1;
    return struck(killed, killed);
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
