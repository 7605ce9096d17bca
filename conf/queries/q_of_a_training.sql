-- Did training change _Q? (notebook, cells 10 and 13)
--
-- child_path                                                                unchanged  changed
-- srLUT-004c_all_alpaca_from_baked200_lut_plus_scales/best_state_dict.pt           14        0
-- srLUT-004c_all_alpaca_from_baked200_lut_plus_scales/checkpoint_step20.pt         14        0
-- srLUT-004c_all_alpaca_from_baked200_lut_plus_scales/checkpoint_step40.pt         14        0
SELECT child_path, count_if(status = 'IDENTICAL') AS unchanged, count_if(status <> 'IDENTICAL') AS changed
FROM q_history WHERE kind = 'train'
  AND parent_path = 'srLUT-004_all_alpaca_M2p0_lr1e5_from_best/baked_step200.pt'
GROUP BY child_path ORDER BY child_path
