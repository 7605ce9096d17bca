-- Which checkpoints have stored LUTs that differ from those computed from the deltas?
--
-- path                                                                         stale        largest
-- srLUT-004_all_alpaca_M2p0_lr1e5_from_best/best_state_dict.pt                    14  0.07080078125
-- srLUT-004_all_alpaca_M2p0_lr1e5_from_best/checkpoint_step100.pt                 14  0.06591796875
-- srLUT-004_all_alpaca_M2p0_lr1e5_from_best/checkpoint_step200.pt                 14  0.07080078125
-- srLUT-004_all_alpaca_M2p0_lr1e5_from_best/v2_q4_r32_fp16_20261123_204152.pt     14  0.07080078125
-- srLUT-004_all_alpaca_M2p0_lr1e5_from_best/v2_q4_r32_fp32_20261123_204152.pt     14  0.07080078125
-- srLUT-004c_all_alpaca_from_baked200_lut_plus_scales/best_state_dict.pt          14    0.009765625
-- srLUT-004c_all_alpaca_from_baked200_lut_plus_scales/checkpoint_step20.pt        14  0.01416015625
-- srLUT-004c_all_alpaca_from_baked200_lut_plus_scales/checkpoint_step40.pt        14    0.009765625
SELECT path, count_if(effective_drift > 0) AS stale, max(effective_drift) AS largest
FROM invariants WHERE effective_drift IS NOT NULL GROUP BY path HAVING stale > 0 ORDER BY path
