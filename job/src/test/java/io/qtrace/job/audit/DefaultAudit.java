package io.qtrace.job.audit;

import io.qtrace.job.conf.Settings;
import io.qtrace.job.policy.Policy;
import io.qtrace.job.progress.Progress;
import java.io.IOException;
import java.util.Optional;
import org.apache.spark.sql.SparkSession;

/** Audits with the built-in settings and policy. */
public final class DefaultAudit {
  private DefaultAudit() {}

  /** An audit with the tables of a session. */
  public static Audit of(SparkSession spark) throws IOException {
    return new Audit(
        spark, Settings.load(Optional.empty()), Policy.load(Optional.empty()), Progress.NONE);
  }
}
