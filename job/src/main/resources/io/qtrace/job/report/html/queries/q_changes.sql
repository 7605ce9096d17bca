SELECT run, child_id, parent_id, layer, status, cause, proof, residual, drift
FROM lineage.qtrace.q_changes JOIN shown USING (audit_id, parent_id, child_id)
JOIN (SELECT checkpoint_id AS child_id, run FROM lineage.qtrace.checkpoints) USING (child_id)
WHERE status NOT IN ('IDENTICAL', 'EQUAL') ORDER BY run, shown.child_path, layer
