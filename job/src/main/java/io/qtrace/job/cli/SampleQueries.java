package io.qtrace.job.cli;

import java.util.List;

/** Queries on the lineage tables for the first questions that people ask. */
final class SampleQueries {
  static final List<String> ALL =
      List.of(
          "SELECT kind, cause, count(*) AS q_buffers, sum(residual) AS residual, max(drift) AS drift"
              + " FROM q_changes JOIN edges USING (audit_id, parent_id, child_id)"
              + " GROUP BY ALL ORDER BY ALL",
          "SELECT child_path, f.rule, f.tensors, f.example FROM edges"
              + " LATERAL VIEW explode(findings) AS f",
          "WITH has AS (SELECT checkpoint_id, tensors.path, fingerprint, modified, step FROM tensors"
              + " JOIN checkpoints USING (audit_id, checkpoint_id)"
              + " WHERE name = 'model.layers.0.self_attn.q_proj._Q'),"
              + " inherits AS (SELECT DISTINCT child_id AS checkpoint_id, fingerprint, 1 AS inherited"
              + " FROM edges JOIN has ON parent_id = checkpoint_id)"
              + " SELECT fingerprint, count(*) AS checkpoints,"
              + " min_by(path, (coalesce(inherited, 0), modified, step)) AS first_in"
              + " FROM has LEFT JOIN inherits USING (checkpoint_id, fingerprint)"
              + " GROUP BY fingerprint ORDER BY checkpoints DESC, first_in");

  private SampleQueries() {}
}
