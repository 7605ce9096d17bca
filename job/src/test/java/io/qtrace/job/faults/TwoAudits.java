package io.qtrace.job.faults;

import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.spark.sql.SparkSession;

/** Two audits of the same archive at once, in a catalog that both write to. */
final class TwoAudits extends AuditFault {
  private Map<String, String> catalog;

  TwoAudits(Bench bench) {
    super(bench, "two audits at once", 1, 50);
  }

  @Override
  SparkSession tables(Path folder) throws Exception {
    catalog = bench.sharedCatalog(folder.resolve("warehouse"));
    return Bench.session(catalog);
  }

  @Override
  Tally disturb(SparkSession tables, Random random) throws Exception {
    SparkSession others = Bench.session(catalog);
    int delay = random.nextInt(1000);
    ExecutorService threads = Executors.newSingleThreadExecutor();
    try {
      Future<Integer> other =
          threads.submit(
              () -> {
                Thread.sleep(delay);
                return failures(() -> Bench.audit(others, archive()));
              });
      int failed = failures(() -> Bench.audit(tables, archive()));
      return struck(1, failed + other.get());
    } finally {
      threads.shutdownNow();
    }
  }
}
