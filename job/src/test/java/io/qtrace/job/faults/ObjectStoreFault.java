package io.qtrace.job.faults;

import io.qtrace.job.LocalSpark;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.SparkSession;

/** The store that the archive is in answers badly, now and then. */
final class ObjectStoreFault extends AuditFault {
  // So few that some audits get over it, and others do not.
  private static final Map<String, String> RETRIES =
      Map.of(
          "fs.s3a.retry.limit", "2",
          "fs.s3a.retry.interval", "10ms",
          "fs.s3a.retry.throttle.limit", "2",
          "fs.s3a.retry.throttle.interval", "10ms");

  private final FaultyAnswers.Kind kind;

  ObjectStoreFault(Bench bench, FaultyAnswers.Kind kind) {
    super(bench, kind.title, 1, 50);
    this.kind = kind;
  }

  @Override
  SparkSession tables(Path folder) throws Exception {
    Configuration hadoop = LocalSpark.context().hadoopConfiguration();
    bench.s3().settings().forEach(hadoop::set);
    RETRIES.forEach(hadoop::set);
    return super.tables(folder);
  }

  @Override
  String archive() throws Exception {
    return bench.s3().uri("runs");
  }

  @Override
  Tally disturb(SparkSession tables, Random random) throws Exception {
    double share = kind == FaultyAnswers.Kind.STALE ? 1 : 0.05 + 0.4 * random.nextDouble();
    bench.answers().begin(kind, share, random);
    int failed = failures(() -> Bench.audit(tables, archive()));
    return struck(bench.answers().end(), failed);
  }

  // An audit that leaves out what it could not read, or what was not listed, is on record too, with
  // what it compared instead.
  @Override
  Tally compare(SparkSession tables) throws Exception {
    return bench.compareWithMore(tables);
  }
}
