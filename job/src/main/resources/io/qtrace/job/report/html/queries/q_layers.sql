WITH layers AS (
  SELECT run, slice(array_sort(collect_set(layer)), 1, 2000) AS layers
  FROM lineage.qtrace.q_changes JOIN shown USING (audit_id, parent_id, child_id)
  JOIN (SELECT checkpoint_id AS child_id, run FROM lineage.qtrace.checkpoints) USING (child_id) GROUP BY run)
SELECT array_sort(collect_list(run)) AS runs, layers FROM layers GROUP BY layers ORDER BY runs
