package io.qtrace.job.report;

import io.qtrace.io.SafeText;
import io.qtrace.job.audit.AuditReport;
import io.qtrace.job.lineage.AuditedEdge;
import io.qtrace.job.lineage.RecordedEdge;
import io.qtrace.job.policy.Finding;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamWriter;

/**
 * An audit as JUnit XML, for CI systems: a test case for each edge, for each checkpoint that could
 * not be read or has findings of its own, and for findings about the whole archive.
 */
public final class JUnitXml {
  private static final String SUITE = "qtrace audit";

  /**
   * A test case.
   *
   * @param group heading under which CI systems show it
   */
  private record Case(String group, String name, List<Finding> findings) {
    static Case of(Finding finding) {
      return new Case(finding.example(), finding.rule(), List.of(finding));
    }

    boolean isFailed() {
      return findings.stream().anyMatch(Finding::counts);
    }
  }

  private JUnitXml() {}

  /** The cases of an audit; waived findings do not fail theirs. */
  public static String of(AuditReport report) {
    List<Case> cases = new ArrayList<>();
    report.edges().stream().map(RecordedEdge::edge).map(JUnitXml::edge).forEach(cases::add);
    report.unreadable().forEach(finding -> cases.add(Case.of(finding)));
    report.roots().forEach(finding -> cases.add(Case.of(finding)));
    report.findings().forEach(finding -> cases.add(Case.of(finding)));
    return written(cases);
  }

  /** The only case of an audit that failed. */
  public static String failed(AuditSummary summary) {
    Finding error = new Finding("audit-failed", 0, summary.archive(), summary.error());
    return written(List.of(Case.of(error)));
  }

  private static Case edge(AuditedEdge edge) {
    String name = "%s from %s".formatted(edge.kind().label(), edge.ends().parentPath());
    return new Case(edge.ends().childPath(), name, edge.findings());
  }

  private static String written(List<Case> cases) {
    StringWriter text = new StringWriter();
    try {
      XMLStreamWriter xml = XMLOutputFactory.newInstance().createXMLStreamWriter(text);
      xml.writeStartDocument("UTF-8", "1.0");
      xml.writeStartElement("testsuite");
      xml.writeAttribute("name", SUITE);
      xml.writeAttribute("tests", Integer.toString(cases.size()));
      xml.writeAttribute("failures", Long.toString(cases.stream().filter(Case::isFailed).count()));
      xml.writeAttribute("errors", "0");
      xml.writeAttribute("skipped", "0");
      for (Case one : cases) {
        write(one, xml);
      }
      xml.writeEndElement();
      xml.writeEndDocument();
      xml.close();
    } catch (XMLStreamException e) {
      throw new IllegalStateException("Cannot write XML", e);
    }
    return text + "\n";
  }

  private static void write(Case one, XMLStreamWriter xml) throws XMLStreamException {
    xml.writeStartElement("testcase");
    xml.writeAttribute("classname", SafeText.of(one.group()));
    xml.writeAttribute("name", SafeText.of(one.name()));
    List<Finding> failures = one.findings().stream().filter(Finding::counts).toList();
    if (!failures.isEmpty()) {
      xml.writeStartElement("failure");
      xml.writeAttribute("type", failures.get(0).rule());
      xml.writeAttribute("message", failures.get(0).message());
      xml.writeCharacters(lines(failures));
      xml.writeEndElement();
    }
    if (failures.size() < one.findings().size()) {
      xml.writeStartElement("system-out");
      xml.writeCharacters(
          lines(one.findings().stream().filter(finding -> !finding.counts()).toList()));
      xml.writeEndElement();
    }
    xml.writeEndElement();
  }

  private static String lines(List<Finding> findings) {
    return findings.stream().map(JUnitXml::line).collect(Collectors.joining("\n"));
  }

  private static String line(Finding finding) {
    String line = "%s: %s".formatted(finding.rule(), finding.message());
    return finding.counts()
        ? line
        : "%s (waived until %s: %s)"
            .formatted(line, finding.waivedUntil(), SafeText.of(finding.waivedReason()));
  }
}
