package io.qtrace.job.cli;

import io.qtrace.io.AtomicOutput;
import io.qtrace.io.ObjectStore;
import io.qtrace.io.WriteMode;
import io.qtrace.job.report.AuditSummary;
import io.qtrace.job.text.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.function.Supplier;
import org.apache.spark.SparkConf;
import org.apache.spark.deploy.SparkHadoopUtil;
import picocli.CommandLine.Option;

/** Where a command leaves its summary, if anywhere. */
final class SummaryOption {
  @Option(
      names = "--summary",
      paramLabel = "URI",
      description =
          "Write a JSON summary with the exit status to this path or URI, also when the audit fails."
              + " For alerts, and for deploy modes that hide the exit status. Written atomically.")
  private String uri;

  void write(Supplier<AuditSummary> summary) throws IOException {
    if (uri == null) {
      return;
    }
    ObjectStore store = new ObjectStore(SparkHadoopUtil.get().newConfiguration(new SparkConf()));
    try (AtomicOutput object = store.create(uri, WriteMode.OVERWRITE)) {
      object.stream().write((Json.of(summary.get()) + "\n").getBytes(StandardCharsets.UTF_8));
      object.commit();
    }
  }
}
