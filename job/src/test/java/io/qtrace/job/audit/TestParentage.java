package io.qtrace.job.audit;

import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.job.LocalSpark;
import io.qtrace.job.Sample;
import io.qtrace.job.audit.policy.Policy;
import io.qtrace.job.conf.Settings;
import io.qtrace.job.lineage.EdgeRow;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TestParentage {
  @TempDir static Path folder;
  private static SparkSession spark;
  private static AuditReport report;

  @BeforeAll
  static void auditTheSample() throws IOException {
    spark = LocalSpark.session(folder.resolve("lineage"));
    report =
        new Audit(spark, Settings.load(Optional.empty()), Policy.load(Optional.empty()), l -> {})
            .run(Sample.ARCHIVE.toString());
  }

  @Test
  void debug() {
    io.qtrace.job.report.AuditText.lines(report).forEach(System.out::println);
    assertThat(report.edges()).extracting(EdgeRow::kind).contains("several", "none", "copy");
  }
}
