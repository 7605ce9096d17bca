package io.qtrace.job.faults;

import io.qtrace.job.faults.CuttableWire.Side;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.spark.sql.SparkSession;

/** The connection to the catalog breaks at a commit. */
final class CatalogCut extends AuditFault {
  static final String COMMIT = "UPDATE iceberg_tables";

  /** Commits of an audit: one for each table that it has rows for. */
  static final int COMMITS = 7;

  private final Side side;

  CatalogCut(Bench bench, Side side) {
    super(
        bench,
        side == Side.BEFORE
            ? "catalog cut before a commit"
            : "catalog cut after a commit, before its acknowledgement",
        5,
        25);
    this.side = side;
  }

  @Override
  SparkSession tables(Path folder) throws Exception {
    return Bench.session(bench.sharedCatalog(folder.resolve("warehouse")));
  }

  @Override
  Tally disturb(SparkSession tables, Random random) throws Exception {
    AtomicInteger cuts = new AtomicInteger();
    bench.wire().cut(COMMIT, 1 + random.nextInt(COMMITS), side, cuts::incrementAndGet);
    int failed = failures(() -> Bench.audit(tables, archive()));
    bench.wire().mend();
    return struck(cuts.get(), failed);
  }
}
