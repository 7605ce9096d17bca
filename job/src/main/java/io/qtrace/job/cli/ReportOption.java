package io.qtrace.job.cli;

import io.qtrace.job.report.html.HtmlReport;
import io.qtrace.job.report.html.ReportSelection;
import java.io.IOException;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Option;

/** Where a command that audits writes an HTML report, if requested. */
final class ReportOption {
  @Option(
      names = "--report",
      paramLabel = "FILE",
      description =
          "Also write the audit as one HTML file to this path or URI, as 'qtrace report' does. Replaced"
              + " atomically.")
  private String file;

  /** Writes the report of an audit that is in the tables. */
  void write(SparkSession spark, String auditId) throws IOException {
    if (file != null) {
      HtmlReport.write(spark, ReportSelection.ofAudit(auditId), file);
    }
  }
}
