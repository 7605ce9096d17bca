package io.qtrace.job.cli;

import java.util.List;

/** Queries on the lineage tables that answer what people ask first. */
final class SampleQueries {
  static final List<String> ALL =
      List.of(
          "SELECT kind, cause, count(*) AS q_buffers, sum(residual) AS residual, max(drift) AS drift"
              + " FROM q_changes JOIN edges USING (audit_id, parent_id, child_id)"
              + " GROUP BY ALL ORDER BY ALL",
          "SELECT child_path, f.rule, f.tensors, f.example FROM edges"
              + " LATERAL VIEW explode(findings) AS f",
          "SELECT fingerprint, count(*) AS checkpoints, min(path) AS one_of_them FROM tensors"
              + " WHERE name = 'model.layers.0.self_attn.q_proj._Q'"
              + " GROUP BY fingerprint ORDER BY checkpoints DESC, one_of_them");

  private SampleQueries() {}
}
