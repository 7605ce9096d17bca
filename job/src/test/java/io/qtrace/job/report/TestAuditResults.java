package io.qtrace.job.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.job.audit.AuditReport;
import io.qtrace.job.lineage.AuditEntry;
import io.qtrace.job.lineage.RecordedEdge;
import io.qtrace.job.policy.Finding;
import io.qtrace.job.policy.Verdict;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.xml.parsers.DocumentBuilderFactory;
import org.hawkular.agent.prometheus.text.TextPrometheusMetricDataParser;
import org.hawkular.agent.prometheus.types.Gauge;
import org.hawkular.agent.prometheus.types.MetricFamily;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

/** An audit's result in the forms that other systems read. */
class TestAuditResults {
  private static final String HOSTILE = "runs/<b>\"&\u0000\u202e\n]]>.pt";
  private static final Instant STARTED = Instant.parse("2026-11-26T01:00:00Z");
  private static final Instant FINISHED = Instant.parse("2026-11-26T01:01:30Z");

  private static AuditReport report() {
    Finding counts = new Finding("q-never", 2, "a._Q", "2 _Q changed, such as <a._Q>");
    Finding second = new Finding("lut-invalid", 1, "a.lut", "1 LUT falls");
    Finding waived = counts.waived("known & old", "2027-01-31");
    return new AuditReport(
        "id",
        "file:/runs",
        Verdict.VIOLATION,
        new AuditReport.Size(3, 4, 2, 2048),
        new AuditEntry.Reading(1024, 512, 7),
        List.of(
            edge(HOSTILE, Verdict.VIOLATION, counts, second),
            edge("runs/b.pt", Verdict.CLEAN, waived),
            edge("runs/c.pt", Verdict.CLEAN)),
        List.of(new Finding("unreadable", 0, "runs/d.pt", "Cannot read runs/d.pt")),
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        List.of());
  }

  private static RecordedEdge edge(String child, Verdict verdict, Finding... findings) {
    return HandMadeEdge.of("runs/v.pt", child, "train", verdict, List.of(), List.of(findings));
  }

  @Test
  void casesFailByFindingsThatCount() throws Exception {
    Document xml = parse(JUnitXml.of(report()));
    Element suite = xml.getDocumentElement();
    assertThat(suite.getAttribute("tests")).isEqualTo("4");
    assertThat(suite.getAttribute("failures")).isEqualTo("2");
    NodeList cases = suite.getElementsByTagName("testcase");
    assertThat(cases.getLength()).isEqualTo(4);
    Element first = (Element) cases.item(0);
    assertThat(first.getAttribute("classname")).isEqualTo("runs/<b>\"&\\u0000\\u202e\\n]]>.pt");
    assertThat(first.getAttribute("name")).isEqualTo("train from runs/v.pt");
    Element failure = (Element) first.getElementsByTagName("failure").item(0);
    assertThat(failure.getAttribute("type")).isEqualTo("q-never");
    assertThat(failure.getTextContent())
        .isEqualTo("q-never: 2 _Q changed, such as <a._Q>\nlut-invalid: 1 LUT falls");
    Element waived = (Element) cases.item(1);
    assertThat(waived.getElementsByTagName("failure").getLength()).isZero();
    assertThat(waived.getElementsByTagName("system-out").item(0).getTextContent())
        .endsWith("(waived until 2027-01-31: known & old)");
    assertThat(((Element) cases.item(2)).getChildNodes().getLength()).isZero();
    assertThat(((Element) cases.item(3)).getElementsByTagName("failure").getLength()).isEqualTo(1);
  }

  @Test
  void aFailedAuditIsOneFailedCase() throws Exception {
    AuditSummary failed = AuditSummary.failed("No <space> left", 2, "runs", STARTED, FINISHED);
    Element suite = parse(JUnitXml.failed(failed)).getDocumentElement();
    assertThat(suite.getAttribute("failures")).isEqualTo("1");
    assertThat(suite.getElementsByTagName("failure").item(0).getTextContent())
        .isEqualTo("audit-failed: No <space> left");
  }

  private static Document parse(String xml) throws Exception {
    return DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(new InputSource(new StringReader(xml)));
  }

  @Test
  void gaugesHaveTheCountsOfTheSummary() throws IOException {
    String archive = "s3a://bucket/a \"quoted\" \\ name\nof two lines";
    Map<String, Long> gauges =
        gauges(AuditMetrics.of(AuditSummary.of(report(), 1, archive, STARTED, FINISHED)), archive);
    assertThat(gauges)
        .containsEntry("qtrace_audit_status", 1L)
        .containsEntry("qtrace_audit_finished_timestamp_seconds", FINISHED.getEpochSecond())
        .containsEntry("qtrace_audit_duration_seconds", 90L)
        .containsEntry("qtrace_audit_violation", 1L)
        .containsEntry("qtrace_audit_checkpoints", 4L)
        .containsEntry("qtrace_audit_checkpoints_read", 2L)
        .containsEntry("qtrace_audit_edges", 3L)
        .containsEntry("qtrace_audit_violations", 1L)
        .containsEntry("qtrace_audit_findings", 3L)
        .containsEntry("qtrace_audit_waived", 1L)
        .containsEntry("qtrace_audit_skipped_bytes", 512L)
        .hasSize(14);
    assertThat(
            gauges(
                AuditMetrics.of(AuditSummary.failed("No", 2, "runs", STARTED, FINISHED)), "runs"))
        .containsEntry("qtrace_audit_status", 2L)
        .hasSize(3);
  }

  private static Map<String, Long> gauges(String text, String archive) throws IOException {
    TextPrometheusMetricDataParser parser =
        new TextPrometheusMetricDataParser(
            new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)));
    Map<String, Long> gauges = new HashMap<>();
    for (MetricFamily family = parser.parse(); family != null; family = parser.parse()) {
      assertThat(family.getHelp()).isNotBlank();
      assertThat(family.getMetrics()).hasSize(1);
      Gauge gauge = (Gauge) family.getMetrics().get(0);
      assertThat(gauge.getLabels()).isEqualTo(Map.of("archive", archive));
      gauges.put(family.getName(), (long) gauge.getValue());
    }
    return gauges;
  }
}
