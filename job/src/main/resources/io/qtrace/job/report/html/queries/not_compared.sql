WITH ends AS (
  SELECT parent_id AS checkpoint_id, parent_path AS path FROM shown
  UNION
  SELECT child_id, child_path FROM shown),
missing AS (
  SELECT checkpoint_id, item.reason AS reason, item.name AS name
  FROM lineage.qtrace.checkpoints LATERAL VIEW explode(skipped) AS item
  UNION ALL
  SELECT checkpoint_id, concat('_Q not checked: ', unchecked), layer
  FROM lineage.qtrace.invariants WHERE unchecked IS NOT NULL)
SELECT path, reason, count(*) AS tensors, min(name) AS example
FROM missing JOIN ends USING (checkpoint_id) GROUP BY path, reason ORDER BY path, reason
