-- Which runs descend from a checkpoint?
--
-- run                                                  nearest  checkpoints
-- srLUT-004_all_alpaca_M2p0_lr1e5_from_best                  1            4
-- srLUT-004c_all_alpaca_from_baked200_lut_plus_scales        2            3
-- srLUT-004s_synced                                          1            2
-- srLUT-004t_tightened                                       2            1
SELECT split_part(checkpoint_path, '/', 1) AS run, min(depth) AS nearest, count(DISTINCT checkpoint_id) AS checkpoints
FROM lineage_paths
WHERE ancestor_path = 'srLUT-004_all_alpaca_M2p0_lr1e5_from_best/checkpoint_step200.pt'
GROUP BY run ORDER BY run
