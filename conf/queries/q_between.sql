-- How many _Q differ between two checkpoints, whether or not one was made from the other? (notebook, cell 14)
--
-- unchanged  changed
--         0       14
SELECT count_if(one.fingerprint = other.fingerprint) AS unchanged,
  count_if(one.fingerprint <> other.fingerprint) AS changed
FROM tensors AS one JOIN tensors AS other USING (name)
WHERE one.category = 'q' AND one.path = 'sr011-q4a4-FP4-init/v2_initial.pt'
  AND other.path = 'srLUT-004_all_alpaca_M2p0_lr1e5_from_best/baked_step200.pt'
