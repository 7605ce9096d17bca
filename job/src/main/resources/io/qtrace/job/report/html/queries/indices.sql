WITH ends AS (
  SELECT parent_id AS checkpoint_id FROM shown
  UNION
  SELECT child_id FROM shown),
used AS (
  SELECT checkpoint_id, regexp_replace(name, '[.](lut|_indices)$', '') AS layer,
    first(index_counts, true) AS index_counts, first(if(category = 'lut', elements, NULL), true) AS entries
  FROM lineage.qtrace.tensors JOIN ends USING (checkpoint_id)
  WHERE category IN ('lut', 'indices') AND section IS NULL GROUP BY 1, 2)
SELECT layer, index_counts, entries, count(*) AS checkpoints, min_by(path, (modified, path)) AS first_in,
  array_sort(collect_set(run)) AS runs
FROM used JOIN (SELECT checkpoint_id, path, run, modified FROM lineage.qtrace.checkpoints) USING (checkpoint_id)
WHERE size(index_counts) > 0 AND (entries IS NULL OR entries <= 256)
GROUP BY layer, index_counts, entries ORDER BY layer, first_in, index_counts
