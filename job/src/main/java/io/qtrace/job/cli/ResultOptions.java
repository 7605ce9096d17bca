package io.qtrace.job.cli;

import io.qtrace.io.AtomicOutput;
import io.qtrace.io.ObjectStore;
import io.qtrace.io.WriteMode;
import io.qtrace.job.audit.AuditReport;
import io.qtrace.job.report.AuditMetrics;
import io.qtrace.job.report.AuditSummary;
import io.qtrace.job.report.JUnitXml;
import io.qtrace.job.text.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.function.Supplier;
import org.apache.spark.SparkConf;
import org.apache.spark.deploy.SparkHadoopUtil;
import picocli.CommandLine.Option;

/** Files that an audit writes for other systems, if requested. */
final class ResultOptions {
  @Option(
      names = "--summary",
      paramLabel = "URI",
      description =
          "Write a JSON summary with the exit status to this path or URI, even if the audit fails: for"
              + " alerts, and for deploy modes that hide the exit status. Written atomically.")
  private String summary;

  @Option(
      names = "--metrics",
      paramLabel = "URI",
      description =
          "Write the counts of the summary in Prometheus' text format to this path or URI, for the"
              + " textfile collector of node-exporter: a name that ends in prom, in its folder.")
  private String metrics;

  @Option(
      names = "--junit",
      paramLabel = "URI",
      description =
          "Write edges and findings as JUnit XML to this path or URI, for CI systems: a test case for"
              + " each edge, failed by its findings. If the audit fails, one test case with the error.")
  private String junit;

  /** Writes the result of a finished audit. */
  void write(AuditSummary result, AuditReport report) throws IOException {
    write(result, () -> JUnitXml.of(report));
  }

  /** Writes the result of a failed audit. */
  void writeFailure(AuditSummary result) throws IOException {
    write(result, () -> JUnitXml.failed(result));
  }

  private void write(AuditSummary result, Supplier<String> cases) throws IOException {
    write(summary, () -> Json.of(result) + "\n");
    write(metrics, () -> AuditMetrics.of(result));
    write(junit, cases);
  }

  private static void write(String uri, Supplier<String> text) throws IOException {
    if (uri == null) {
      return;
    }
    ObjectStore store = new ObjectStore(SparkHadoopUtil.get().newConfiguration(new SparkConf()));
    try (AtomicOutput object = store.create(uri, WriteMode.OVERWRITE)) {
      object.stream().write(text.get().getBytes(StandardCharsets.UTF_8));
      object.commit();
    }
  }
}
