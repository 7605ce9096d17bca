WITH ends AS (
  SELECT parent_id AS checkpoint_id FROM shown
  UNION
  SELECT child_id FROM shown),
drifts AS (
  SELECT child_id AS checkpoint_id, layer, max(drift) AS drift
  FROM lineage.qtrace.q_changes JOIN shown USING (audit_id, parent_id, child_id) GROUP BY ALL)
SELECT layer, checkpoint_id, lut, deltas, drift FROM (
  SELECT checkpoint_id, regexp_replace(name, '[.](lut|_lut_raw_deltas)$', '') AS layer,
    first(if(category = 'lut', values, NULL), true) AS lut, first(if(category = 'lut_deltas', values, NULL), true) AS deltas
  FROM lineage.qtrace.tensors JOIN ends USING (checkpoint_id)
  WHERE category IN ('lut', 'lut_deltas') AND section IS NULL AND values IS NOT NULL GROUP BY 1, 2)
LEFT JOIN drifts USING (checkpoint_id, layer)
ORDER BY layer, checkpoint_id
