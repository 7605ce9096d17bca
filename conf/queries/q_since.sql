-- Since when is a layer's _Q different, and why?
--
-- child_path                                                  kind        status   cause        residual
-- srLUT-004_all_alpaca_M2p0_lr1e5_from_best/baked_step200.pt  bake        CHANGED  BAKED               0
-- srLUT-004s_synced/synced_step200.pt                         sync        CHANGED  SYNCED              0
-- srLUT-004t_tightened/tightened.pt                           requantize  CHANGED  REQUANTIZED         0
SELECT child_path, kind, status, cause, residual
FROM q_history
WHERE layer = 'model.layers.0.self_attn.q_proj' AND status NOT IN ('IDENTICAL', 'EQUAL')
ORDER BY child_path
