package io.qtrace.job.cli;

import java.util.List;

/** Queries on the lineage tables that answer what people ask first. */
final class SampleQueries {
  static final List<String> ALL =
      List.of(
          "SELECT kind, count(*) edges, sum(q_changed) q_changed FROM edges GROUP BY kind",
          "SELECT child_path, f.rule, f.message FROM edges LATERAL VIEW explode(findings) AS f",
          "SELECT fingerprint, count(*) checkpoints, min(path) one_of_them FROM tensors"
              + " WHERE name = 'model.layers.0.self_attn.q_proj._Q' GROUP BY fingerprint");

  private SampleQueries() {}
}
