package io.qtrace.job.events;

import io.qtrace.io.SafeText;
import io.qtrace.job.audit.AuditReport;
import io.qtrace.job.lineage.RecordedEdge;
import io.qtrace.job.policy.Finding;
import io.qtrace.job.report.AuditSummary;
import java.util.List;
import java.util.stream.Stream;

/**
 * Findings as workflow commands of GitHub Actions, which shows them on the page of a run: {@code
 * ::error title=TITLE::MESSAGE}.
 */
public final class GitHubAnnotations {
  private static final int MOST = 100;

  private GitHubAnnotations() {}

  /** An error for each finding that counts, a notice for each that is waived; the first 100. */
  public static List<String> of(AuditReport report) {
    return Stream.of(
            report.unreadable().stream().map(finding -> line(finding.example(), finding)),
            report.roots().stream().map(finding -> line(finding.example(), finding)),
            report.edges().stream().flatMap(GitHubAnnotations::lines),
            report.findings().stream().map(finding -> line("", finding)))
        .flatMap(lines -> lines)
        .limit(MOST)
        .toList();
  }

  /** One error for a failed audit. */
  public static List<String> failed(AuditSummary summary) {
    return List.of(command("error", "qtrace audit failed", summary.error()));
  }

  private static Stream<String> lines(RecordedEdge edge) {
    return edge.edge().findings().stream()
        .map(finding -> line(edge.edge().ends().childPath(), finding));
  }

  private static String line(String checkpoint, Finding finding) {
    String title =
        checkpoint.isEmpty()
            ? finding.rule()
            : "%s: %s".formatted(finding.rule(), SafeText.of(checkpoint));
    return finding.counts()
        ? command("error", title, finding.message())
        : command(
            "notice",
            title,
            "%s (waived until %s: %s)"
                .formatted(
                    finding.message(), finding.waivedUntil(), SafeText.of(finding.waivedReason())));
  }

  private static String command(String name, String title, String message) {
    String property = data(title).replace(":", "%3A").replace(",", "%2C");
    return "::%s title=%s::%s".formatted(name, property, data(message));
  }

  private static String data(String text) {
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A");
  }
}
