package io.qtrace.job.report.html;

import java.util.Objects;
import java.util.Optional;

/**
 * The scope of a report: the edges of one audit, or only those of a run or of one pair.
 *
 * @param archive URI of the audit's archive
 * @param run folder of the run whose checkpoints are shown, as {@code checkpoints.run} has it
 */
public record ReportScope(
    String auditId, String archive, Optional<String> run, Optional<PairOfIds> pair) {
  /** Temporary view that the queries of pictures read. */
  static final String SHOWN = "shown";

  /** A query for the number of tensors that the edges in this scope compare. */
  static final String TENSORS =
      "SELECT coalesce(sum(identical + equal + changed + reshaped + added + removed), 0) FROM "
          + SHOWN;

  /** Identifiers of a parent and its child, and their paths below the archive's root. */
  record PairOfIds(String parentId, String childId, String parentPath, String childPath) {}

  public ReportScope {
    Objects.requireNonNull(auditId, "auditId");
    Objects.requireNonNull(archive, "archive");
    Objects.requireNonNull(run, "run");
    Objects.requireNonNull(pair, "pair");
  }

  /** Every edge of an audit. */
  static ReportScope whole(String auditId, String archive) {
    return new ReportScope(auditId, archive, Optional.empty(), Optional.empty());
  }

  ReportScope ofRun(String folder) {
    return new ReportScope(auditId, archive, Optional.of(folder), Optional.empty());
  }

  ReportScope ofPair(PairOfIds ends) {
    return new ReportScope(auditId, archive, Optional.empty(), Optional.of(ends));
  }

  boolean isWhole() {
    return run.isEmpty() && pair.isEmpty();
  }

  /** The statement before all others: rows of {@code edges} in this scope, as {@code shown}. */
  String statement() {
    return "CACHE TABLE %s AS\n%s".formatted(SHOWN, edges());
  }

  /** A query for the rows of {@code edges} in this scope. */
  String edges() {
    return """
    SELECT edges.* FROM (
      SELECT inline(from_json(report, 'edges ARRAY<STRUCT<audit_id STRING, parent_id STRING, child_id STRING>>').edges)
      FROM lineage.qtrace.audits WHERE audit_id = %s)
    JOIN lineage.qtrace.edges AS edges USING (audit_id, parent_id, child_id)%s"""
        .formatted(SqlText.literal(auditId), condition());
  }

  private String condition() {
    if (pair.isPresent()) {
      return "\nWHERE parent_id = %s AND child_id = %s"
          .formatted(SqlText.literal(pair.get().parentId()), SqlText.literal(pair.get().childId()));
    }
    return run.map(
            folder ->
                "\nWHERE child_id IN (SELECT checkpoint_id FROM lineage.qtrace.checkpoints WHERE run = %s)"
                    .formatted(SqlText.literal(folder)))
        .orElse("");
  }

  /** Which checkpoints without an edge are shown, as a condition on {@code checkpoints}. */
  String alone() {
    String root = archive.replaceFirst("^file:/+", "file:///").replaceFirst("/*$", "/");
    return isWhole() ? "startswith(uri, %s)".formatted(SqlText.literal(root)) : "false";
  }

  /** Which findings beyond those of edges are shown, as a condition on their {@code example}. */
  String beyond() {
    if (pair.isPresent()) {
      return "example IN (%s, %s)"
          .formatted(
              SqlText.literal(pair.get().parentPath()), SqlText.literal(pair.get().childPath()));
    }
    return run.map(folder -> "startswith(example, %s)".formatted(SqlText.literal(folder + "/")))
        .orElse("true");
  }
}
