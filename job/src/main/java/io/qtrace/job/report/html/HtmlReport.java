package io.qtrace.job.report.html;

import io.qtrace.io.AtomicOutput;
import io.qtrace.io.ObjectStore;
import io.qtrace.io.WriteMode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.apache.spark.sql.SparkSession;

/** Writes an audit from the tables as one HTML file. */
public final class HtmlReport {
  /**
   * The head of a report.
   *
   * @param bytes size of the file
   */
  public record Written(
      String auditId, String verdict, String sentence, String reason, long bytes) {}

  private HtmlReport() {}

  /**
   * Writes a report; an existing file is replaced once the new one is complete.
   *
   * @param place path or URI
   * @throws IllegalArgumentException if the selection is not in the tables
   */
  public static Written write(SparkSession spark, ReportSelection selection, String place)
      throws IOException {
    ReportData data = ReportData.of(spark, selection.find(spark));
    byte[] page = ReportPage.of(data).getBytes(StandardCharsets.UTF_8);
    ObjectStore store = new ObjectStore(spark.sparkContext().hadoopConfiguration());
    try (AtomicOutput file = store.create(place, WriteMode.OVERWRITE)) {
      file.stream().write(page);
      file.commit();
    }
    VerdictSentence verdict = VerdictSentence.of(data);
    return new Written(
        data.scope().auditId(),
        verdict.verdict().name(),
        verdict.sentence(),
        verdict.reason(),
        page.length);
  }
}
