-- Which layers use the ends of their LUT most?
--
-- layer                         lowest  highest  indices  checkpoints
-- model.layers.0.mlp.down_proj       1        0     2560            1
-- model.layers.1.mlp.up_proj         1        0     2560           16
-- model.layers.0.mlp.down_proj       0        0     2560           15
-- model.layers.0.mlp.gate_proj       0        0     2560           16
-- model.layers.0.mlp.up_proj         0        0     2560           16
WITH used AS (
  SELECT path, regexp_replace(name, '[.](lut|_indices)$', '') AS layer, max(index_counts) AS counts,
    max(if(category = 'lut', elements, NULL)) AS entries
  FROM tensors WHERE category IN ('lut', 'indices') AND section IS NULL GROUP BY ALL)
SELECT layer, coalesce(get(counts, 0), 0) AS lowest, coalesce(get(counts, int(entries) - 1), 0) AS highest,
  aggregate(counts, 0L, (sum, one) -> sum + one) AS indices, count(*) AS checkpoints
FROM used WHERE entries <= 256 AND size(counts) > 0 GROUP BY ALL ORDER BY (lowest + highest) / indices DESC, layer LIMIT 5
