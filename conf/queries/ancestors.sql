-- What was a checkpoint made from, step by step?
--
-- depth  kind   ancestor_path
--     1  train  srLUT-004c_all_alpaca_from_baked200_lut_plus_scales/checkpoint_step20.pt
--     2  train  srLUT-004_all_alpaca_M2p0_lr1e5_from_best/baked_step200.pt
--     3  bake   srLUT-004_all_alpaca_M2p0_lr1e5_from_best/checkpoint_step200.pt
--     4  train  srLUT-004_all_alpaca_M2p0_lr1e5_from_best/checkpoint_step100.pt
--     5  train  sr011-q4a4-FP4-init/v2_initial.pt
SELECT depth, kinds[depth - 1] AS kind, ancestor_path
FROM lineage_paths
WHERE checkpoint_path = 'srLUT-004c_all_alpaca_from_baked200_lut_plus_scales/checkpoint_step40.pt'
ORDER BY depth
