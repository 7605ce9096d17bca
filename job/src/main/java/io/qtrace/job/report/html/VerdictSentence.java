package io.qtrace.job.report.html;

import io.qtrace.io.Amount;
import io.qtrace.io.SafeText;
import io.qtrace.job.policy.Verdict;
import java.util.Collections;
import java.util.List;
import java.util.Objects;

/**
 * The first sentence of a report.
 *
 * @param verdict of what is shown
 * @param sentence the number of edges that violate the policy, and of findings
 * @param reason the first finding, or what was compared
 */
record VerdictSentence(Verdict verdict, String sentence, String reason) {
  static VerdictSentence of(ReportData data) {
    PictureRows edges = data.of(Picture.EDGES);
    long violations =
        Collections.frequency(edges.column("verdict", String.class), Verdict.VIOLATION.name());
    int open =
        Collections.frequency(
            data.of(Picture.FINDINGS).column("waived_reason", String.class), null);
    Verdict verdict =
        data.scope().isWhole()
            ? Verdict.valueOf(data.of(Picture.AUDIT).column("verdict", String.class).get(0))
            : violations > 0 ? Verdict.VIOLATION : Verdict.CLEAN;
    String sentence = Verdict.counts(violations, edges.total(), open);
    return new VerdictSentence(verdict, sentence, reason(data, open));
  }

  private static String reason(ReportData data, int open) {
    PictureRows findings = data.of(Picture.FINDINGS);
    if (open > 0) {
      String subject =
          Objects.requireNonNullElse(findings.column("subject", String.class).get(0), "archive");
      return "%s: %s"
          .formatted(
              SafeText.cut(subject), SafeText.of(findings.column("message", String.class).get(0)));
    }
    PictureRows edges = data.of(Picture.EDGES);
    return "%s of _Q, %d changed, none against the policy"
        .formatted(
            Amount.of(sum(edges.column("q_buffers", Integer.class)), "comparison"),
            sum(edges.column("q_changed", Integer.class)));
  }

  private static long sum(List<Integer> counts) {
    return counts.stream().filter(Objects::nonNull).mapToLong(Integer::longValue).sum();
  }
}
