package io.qtrace.job.faults;

import io.qtrace.job.LocalSpark;
import java.io.IOException;
import org.apache.spark.sql.SparkSession;

/** A process that audits. */
final class AuditProcess {
  private AuditProcess() {}

  /** Arguments: an archive, then names and values of settings of the session. */
  public static void main(String[] args) throws IOException {
    SparkSession tables = LocalSpark.session();
    for (int i = 1; i < args.length; i += 2) {
      tables.conf().set(args[i], args[i + 1]);
    }
    Bench.audit(tables, args[0]);
  }
}
