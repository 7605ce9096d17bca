SELECT run, count(DISTINCT child_id) AS checkpoints, count(*) AS edges, array_sort(collect_set(kind)) AS kinds,
  count_if(verdict = 'VIOLATION') AS violations, sum(q_buffers) AS q_compared, sum(q_changed) AS q_changed,
  max(lut_trained) AS luts_trained, max(step) AS last_step, unix_seconds(max(modified)) AS last_modified
FROM shown JOIN (SELECT checkpoint_id AS child_id, run, step, modified FROM lineage.qtrace.checkpoints) USING (child_id)
GROUP BY run ORDER BY violations DESC, run
