-- Which tensors changed in a training? (notebook, cells 9 and 12)
--
-- category    changed  added                largest
-- indices           0      0                    0.0
-- lut_deltas        0     14                   NULL
-- scale            42      0  2.2260844707489014E-4
SELECT category, count_if(status = 'CHANGED') AS changed, count_if(status = 'ADDED') AS added,
  max(max_abs) AS largest
FROM changes JOIN latest_edges USING (audit_id, parent_id, child_id, parent_path, child_path)
WHERE parent_path = 'sr011-q4a4-FP4-init/v2_initial.pt'
  AND child_path = 'debug_lut_training/checkpoint_step20.pt'
GROUP BY category ORDER BY category
