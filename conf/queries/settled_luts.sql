-- Which LUTs no longer move in their run's last training step?
--
-- child_path                                                                luts  settled  largest_move
-- srLUT-004_all_alpaca_M2p0_lr1e5_from_best/checkpoint_step200.pt             14        0      0.052003
-- srLUT-004c_all_alpaca_from_baked200_lut_plus_scales/checkpoint_step40.pt    14        0      0.018656
SELECT child_path, count(*) AS luts, count_if(deltas_moved < 1e-4) AS settled, round(max(deltas_moved), 6) AS largest_move
FROM lut_evolution WHERE kind = 'train' AND deltas_moved IS NOT NULL
GROUP BY child_path ORDER BY child_path
