WITH children AS (
  SELECT DISTINCT child_id AS checkpoint_id FROM shown)
SELECT run, step, regexp_extract(name, '([^.]+)$', 1) AS scale,
  CASE WHEN name RLIKE '(^|[.])(self_attn|attn|attention)[.]' THEN 'attention'
    WHEN name RLIKE '(^|[.])(mlp|feed_forward|ffn)[.]' THEN 'MLP' END AS part,
  sqrt(sum(norm * norm)) AS norm, sum(sum) / sum(elements) AS mean, max(greatest(abs(min), abs(max))) AS largest
FROM children JOIN lineage.qtrace.tensors USING (checkpoint_id)
JOIN (SELECT checkpoint_id, run, step, role FROM lineage.qtrace.checkpoints) USING (checkpoint_id)
WHERE category = 'scale' AND section IS NULL AND role = 'step' AND step IS NOT NULL
GROUP BY ALL ORDER BY run, scale, part, step
