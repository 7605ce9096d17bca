-- What did each run train, and how far did it move?
--
-- run                                                  category    tensors   largest
-- debug_lut_training                                   scale            42   2.23E-4
-- srLUT-004_all_alpaca_M2p0_lr1e5_from_best            lut_deltas       14  0.052003
-- srLUT-004_all_alpaca_M2p0_lr1e5_from_best            scale            42  0.037857
-- srLUT-004c_all_alpaca_from_baked200_lut_plus_scales  lut_deltas       14  0.018656
-- srLUT-004c_all_alpaca_from_baked200_lut_plus_scales  scale            42  0.007796
SELECT split_part(child_path, '/', 1) AS run, category, count(DISTINCT name) AS tensors,
  round(max(max_abs), 6) AS largest
FROM changes JOIN latest_edges USING (audit_id, parent_id, child_id, parent_path, child_path)
WHERE kind = 'train' AND status = 'CHANGED' GROUP BY run, category ORDER BY run, category
