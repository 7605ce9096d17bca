package io.qtrace.job.cli;

import java.util.List;

/** Queries on the lineage tables that answer what people ask first. */
final class SampleQueries {
  static final List<String> ALL =
      List.of(
          "SELECT kind, count(*) AS edges, sum(q_changed) AS q_changed FROM edges"
              + " GROUP BY kind ORDER BY kind",
          "SELECT child_path, f.rule, f.tensors, f.example FROM edges"
              + " LATERAL VIEW explode(findings) AS f",
          "SELECT fingerprint, count(*) AS checkpoints, min(path) AS one_of_them FROM tensors"
              + " WHERE name = 'model.layers.0.self_attn.q_proj._Q'"
              + " GROUP BY fingerprint ORDER BY checkpoints DESC, one_of_them");

  private SampleQueries() {}
}
