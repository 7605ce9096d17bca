-- What is wrong, and where?
--
-- child_path                        rule                 tensors  example
-- bug_q_drift/checkpoint_step20.pt  indices-alone              1  model.layers.0.mlp.up_proj._indices
-- bug_q_drift/checkpoint_step20.pt  parent-contradicted        1  debug_lut_training/checkpoint_step20.pt
-- bug_q_drift/checkpoint_step20.pt  q-off-grid                 1  model.layers.0.self_attn.k_proj._Q
-- bug_q_drift/checkpoint_step20.pt  q-stale                    1  model.layers.0.self_attn.o_proj._Q
SELECT child_path, rule, tensors, example FROM open_violations ORDER BY child_path, rule
