package io.qtrace.job.faults;

import io.qtrace.job.LocalSpark;
import java.nio.file.Path;
import java.util.Random;
import org.apache.spark.sql.SparkSession;

/** The disk that the tables are on is full at some byte. */
final class WarehouseFull extends AuditFault {
  // About what the tables of the archive take.
  private static final int BYTES = 450_000;

  WarehouseFull(Bench bench) {
    super(bench, "disk of the warehouse full", 1, 50);
  }

  @Override
  SparkSession tables(Path folder) {
    LocalSpark.context()
        .hadoopConfiguration()
        .set("fs.quota.impl", QuotaFileSystem.class.getName());
    SparkSession tables = LocalSpark.session(folder);
    tables.conf().set(Bench.CATALOG + ".warehouse", "quota:" + folder.resolve("warehouse"));
    return tables;
  }

  @Override
  Tally disturb(SparkSession tables, Random random) throws Exception {
    QuotaFileSystem.REFUSED.set(0);
    QuotaFileSystem.LEFT.set(random.nextInt(BYTES));
    int failed = failures(() -> Bench.audit(tables, archive()));
    QuotaFileSystem.LEFT.set(Long.MAX_VALUE);
    return struck(QuotaFileSystem.REFUSED.get() > 0 ? 1 : 0, failed);
  }
}
