SELECT parent_id, child_id, status, cause, proof, count(*) AS q_buffers, sum(residual) AS residual, max(drift) AS drift,
  min_by(layer, (first_counterexample IS NULL, layer)) AS layer,
  min_by(first_counterexample, (first_counterexample IS NULL, layer)) AS first_counterexample
FROM lineage.qtrace.q_changes JOIN shown USING (audit_id, parent_id, child_id)
GROUP BY verdict, shown.child_path, shown.parent_path, parent_id, child_id, status, cause, proof
ORDER BY verdict DESC, shown.child_path, shown.parent_path, status, cause
