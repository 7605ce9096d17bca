-- Which bake drifted most from the LUT that training used?
--
-- child_path                                                  luts        largest  layer
-- srLUT-004_all_alpaca_M2p0_lr1e5_from_best/baked_step200.pt    14  0.00634765625  model.layers.1.self_attn.v_proj
SELECT child_path, count(*) AS luts, max(drift) AS largest, max_by(layer, (drift, layer)) AS layer
FROM bake_drift GROUP BY child_path ORDER BY largest DESC
