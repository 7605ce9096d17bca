-- How many tensors of a checkpoint changed since another? (notebook, cell 8)
--
-- unchanged  changed  only_in_child  only_in_parent
--        81       42             14               0
SELECT identical + equal AS unchanged, changed, added AS only_in_child, removed AS only_in_parent
FROM latest_edges
WHERE parent_path = 'sr011-q4a4-FP4-init/v2_initial.pt'
  AND child_path = 'debug_lut_training/checkpoint_step20.pt'
