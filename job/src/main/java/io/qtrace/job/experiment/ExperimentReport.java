package io.qtrace.job.experiment;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.qtrace.job.policy.Verdict;
import io.qtrace.job.report.DiffDocument;
import io.qtrace.job.train.TrainRun;
import java.util.List;
import java.util.Map;

/**
 * The report of an experiment; stored as JSON in the table {@code experiments}.
 *
 * @param snapshot tensors of the initial checkpoint, by category
 * @param trained the final checkpoint of training
 * @param comparison of the initial checkpoint with it
 * @param changed tensors on both sides whose numbers changed, by category
 * @param lutTrained layers whose LUT moved, of {@code lutLayers}
 * @param bonus further comparisons
 * @param archiveAuditId the audit of the archive, with the run in it
 * @param verdict of the comparison
 */
public record ExperimentReport(
    String name,
    Map<String, Long> snapshot,
    TrainRun run,
    String trained,
    DiffDocument comparison,
    Map<String, Long> changed,
    long lutTrained,
    long lutLayers,
    List<Bonus> bonus,
    String archiveAuditId,
    Verdict verdict) {
  /**
   * A further comparison of {@code _Q} alone.
   *
   * @param missing missing files; if there are any, nothing was compared
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Bonus(
      String title,
      String left,
      String right,
      List<String> missing,
      Long qUnchanged,
      Long qChanged) {
    boolean isCompared() {
      return missing.isEmpty();
    }
  }
}
