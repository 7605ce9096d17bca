-- Which checkpoints have the same _Q in all layers?
--
-- checkpoints  such_as
--           8  debug_lut_training/best_state_dict.pt
--           4  srLUT-004_all_alpaca_M2p0_lr1e5_from_best/baked_step200.pt
--           1  bug_q_drift/checkpoint_step20.pt
--           1  srLUT-004_all_alpaca_M2p0_lr1e5_from_best/v2_q4_r32_fp16_20261123_204152.pt
--           1  srLUT-004s_synced/synced_step200.pt
--           1  srLUT-004t_tightened/tightened.pt
SELECT count(*) AS checkpoints, min(path) AS such_as FROM (
  SELECT path, hash(array_sort(collect_list(struct(name, fingerprint)))) AS all_q
  FROM tensors WHERE category = 'q' AND section IS NULL GROUP BY checkpoint_id, path)
GROUP BY all_q ORDER BY checkpoints DESC, such_as
