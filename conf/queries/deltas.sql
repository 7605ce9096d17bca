-- What are the LUT deltas of each layer? (notebook, cell 11)
--
-- layer                                first   max_abs
-- model.layers.0.mlp.down_proj     -3.514419  3.514419
-- model.layers.0.mlp.gate_proj     -3.514422  3.514422
-- model.layers.0.mlp.up_proj       -3.514419  3.514419
-- model.layers.0.self_attn.k_proj  -3.514419  3.514419
-- model.layers.0.self_attn.o_proj  -3.514418  3.514418
-- model.layers.0.self_attn.q_proj  -3.514632  3.514632
-- model.layers.0.self_attn.v_proj  -3.514633  3.514633
-- model.layers.1.mlp.down_proj     -3.514417  3.514417
-- model.layers.1.mlp.gate_proj     -3.514632  3.514632
-- model.layers.1.mlp.up_proj       -3.514633  3.514633
-- model.layers.1.self_attn.k_proj  -3.514419  3.514419
-- model.layers.1.self_attn.o_proj   -3.51442   3.51442
-- model.layers.1.self_attn.q_proj  -3.514417  3.514622
-- model.layers.1.self_attn.v_proj  -3.514422  3.514637
SELECT layer, round(deltas[0], 6) AS first, round(array_max(transform(deltas, x -> abs(x))), 6) AS max_abs
FROM lut_evolution
WHERE parent_path = 'sr011-q4a4-FP4-init/v2_initial.pt'
  AND child_path = 'debug_lut_training/checkpoint_step20.pt'
ORDER BY layer
