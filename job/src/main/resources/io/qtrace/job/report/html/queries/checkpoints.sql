WITH ends AS (
  SELECT parent_id AS checkpoint_id, parent_path AS path FROM shown
  UNION
  SELECT child_id, child_path FROM shown),
alone AS (
  SELECT max_by(checkpoint_id, modified) AS checkpoint_id
  FROM lineage.qtrace.checkpoints LEFT JOIN ends USING (checkpoint_id)
  WHERE {{alone}} GROUP BY uri HAVING count(ends.path) = 0)
SELECT checkpoint_id, coalesce(ends.path, checkpoints.path) AS path, run, role, step, unix_seconds(modified) AS modified,
  bytes, tensors, error
FROM lineage.qtrace.checkpoints LEFT JOIN ends USING (checkpoint_id)
WHERE ends.path IS NOT NULL OR checkpoint_id IN (SELECT checkpoint_id FROM alone)
ORDER BY modified, path
