package io.qtrace.job.lineage;

import java.util.Locale;

/**
 * Views of the tables, in the order of their creation: each may use those before it. They show the
 * last audit of each archive.
 */
enum LineageView {
  LATEST_AUDIT(
      "the last finished audit of each archive",
      """
      SELECT * EXCEPT (report) FROM lineage.qtrace.audits
      WHERE audit_id IN (SELECT max_by(audit_id, finished) FROM lineage.qtrace.audits GROUP BY archive)
      """),
  LATEST_EDGES(
      "edges of the last audit of each archive, including those that an earlier audit evaluated",
      """
      WITH reported AS (
        SELECT archive, inline(from_json(report,
          'edges ARRAY<STRUCT<audit_id STRING, parent_id STRING, child_id STRING>>').edges)
        FROM lineage.qtrace.audits
        WHERE audit_id IN (SELECT audit_id FROM lineage.qtrace.latest_audit))
      SELECT reported.archive, edges.*
      FROM reported JOIN lineage.qtrace.edges AS edges USING (audit_id, parent_id, child_id)
      """),
  OPEN_VIOLATIONS(
      "findings not covered by a waiver: of edges, of checkpoints and of whole archives",
      """
      SELECT archive, parent_path, child_path, kind, finding.rule, finding.tensors,
        finding.example, finding.message
      FROM lineage.qtrace.latest_edges LATERAL VIEW explode(findings) AS finding
      WHERE finding.waived_reason IS NULL
      UNION ALL
      SELECT archive, NULL, NULL, NULL, rule, tensors, example, message FROM (
        SELECT archive, inline(concat(found.unreadable,
          coalesce(found.roots, slice(found.unreadable, 1, 0)), found.findings)) FROM (
          SELECT archive,
            from_json(report, 'unreadable %1$s, roots %1$s, findings %1$s') AS found
          FROM lineage.qtrace.audits
          WHERE audit_id IN (SELECT audit_id FROM lineage.qtrace.latest_audit)))
      WHERE waived_reason IS NULL
      """
          .formatted(Findings.TYPE)),
  RUN_SUMMARY(
      "a run of the last audit: its checkpoints with a parent, and what happened to them",
      """
      SELECT archive, run, count(DISTINCT child_id) AS checkpoints,
        array_sort(collect_set(kind)) AS kinds,
        count_if(verdict = 'VIOLATION') AS violations,
        max(q_changed) AS q_changed, max(lut_trained) AS lut_trained,
        max(step) AS last_step, min(modified) AS first_modified, max(modified) AS last_modified
      FROM lineage.qtrace.latest_edges
      JOIN (SELECT checkpoint_id AS child_id, run, step, modified
        FROM lineage.qtrace.checkpoints) USING (child_id)
      GROUP BY archive, run
      """),
  Q_HISTORY(
      "a layer's _Q on an edge: whether it changed, why, and the child's fingerprint",
      """
      SELECT archive, layer, parent_path, child_path, kind, step, modified, status, cause, proof,
        residual, drift, fingerprint
      FROM lineage.qtrace.latest_edges
      JOIN lineage.qtrace.q_changes
        USING (audit_id, parent_id, child_id, parent_path, child_path)
      JOIN (SELECT checkpoint_id AS child_id, step, modified
        FROM lineage.qtrace.checkpoints) USING (child_id)
      LEFT JOIN (SELECT checkpoint_id AS child_id, fingerprint,
          left(name, length(name) - length('._Q')) AS layer
        FROM lineage.qtrace.tensors WHERE endswith(name, '._Q') AND section IS NULL)
        USING (child_id, layer)
      """),
  BAKE_DRIFT(
      "a layer's LUT in a bake: the largest |baked LUT - LUT that training used|",
      """
      SELECT archive, parent_path, child_path, layer, drift, proof, residual
      FROM lineage.qtrace.q_history WHERE kind = 'bake' AND drift IS NOT NULL
      """),
  LUT_EVOLUTION(
      "a layer's LUT in a checkpoint with a parent: stored values, deltas, and the largest change"
          + " of both, null if either side has none or another size",
      """
      WITH luts AS (
        SELECT checkpoint_id, layer, first(lut, true) AS lut, first(deltas, true) AS deltas FROM (
          SELECT checkpoint_id, regexp_replace(name, '[.](lut|_lut_raw_deltas)$', '') AS layer,
            if(category = 'lut', values, NULL) AS lut,
            if(category = 'lut_deltas', values, NULL) AS deltas
          FROM lineage.qtrace.tensors
          WHERE category IN ('lut', 'lut_deltas') AND section IS NULL)
        GROUP BY checkpoint_id, layer)
      SELECT archive, parent_path, child_path, kind, step, modified, child.layer, child.lut,
        child.deltas,
        if(size(child.lut) = size(parent.lut),
          array_max(zip_with(child.lut, parent.lut, (a, b) -> abs(a - b))), NULL) AS lut_moved,
        if(size(child.deltas) = size(parent.deltas),
          array_max(zip_with(child.deltas, parent.deltas, (a, b) -> abs(a - b))), NULL)
          AS deltas_moved
      FROM lineage.qtrace.latest_edges
      JOIN (SELECT checkpoint_id AS child_id, step, modified
        FROM lineage.qtrace.checkpoints) USING (child_id)
      JOIN luts AS child ON child.checkpoint_id = child_id
      LEFT JOIN luts AS parent
        ON parent.checkpoint_id = parent_id AND parent.layer = child.layer
      """),
  LINEAGE_PATHS(
      "an ancestor of a checkpoint at most 99 edges away, with the kinds of edges and checkpoints"
          + " in between; edges that skip over another parent are left out",
      """
      WITH RECURSIVE known AS (
        SELECT DISTINCT archive, parent_id, parent_path, child_id, child_path, kind
        FROM lineage.qtrace.latest_edges WHERE kind <> 'none'),
      skips AS (
        SELECT whole.archive, whole.parent_id, whole.child_id FROM known AS whole
        JOIN known AS last ON last.archive = whole.archive AND last.child_id = whole.child_id
        JOIN known AS first ON first.archive = whole.archive
          AND first.parent_id = whole.parent_id AND first.child_id = last.parent_id),
      direct AS (SELECT * FROM known LEFT ANTI JOIN skips USING (archive, parent_id, child_id)),
      ancestors(archive, checkpoint_id, checkpoint_path, ancestor_id, ancestor_path, depth, kinds,
          paths) AS (
        SELECT archive, child_id, child_path, parent_id, parent_path, 1, array(kind),
          array(parent_path)
        FROM direct
        UNION ALL
        SELECT ancestors.archive, checkpoint_id, checkpoint_path, parent_id, parent_path,
          depth + 1, array_append(kinds, kind), array_append(paths, parent_path)
        FROM ancestors JOIN direct
          ON direct.archive = ancestors.archive AND direct.child_id = ancestor_id
        WHERE depth < 99)
      SELECT * FROM ancestors
      """);

  /** Findings in the JSON of a report. */
  private static final class Findings {
    static final String TYPE =
        "ARRAY<STRUCT<rule STRING, tensors INT, example STRING, message STRING,"
            + " waived_reason STRING>>";
  }

  private final String meaning;
  private final String query;

  LineageView(String meaning, String query) {
    this.meaning = meaning;
    this.query = query;
  }

  String viewName() {
    return LineageTable.NAMESPACE + "." + simpleName();
  }

  String simpleName() {
    return name().toLowerCase(Locale.ROOT);
  }

  String meaning() {
    return meaning;
  }

  String query() {
    return query;
  }

  /**
   * Creates the view, or replaces one with another definition.
   *
   * @param property whose value identifies the definition
   */
  String createStatement(String property, String value) {
    return "CREATE OR REPLACE VIEW %s COMMENT '%s' TBLPROPERTIES ('%s'='%s') AS\n%s"
        .formatted(viewName(), meaning.replace("'", "\\'"), property, value, query);
  }
}
