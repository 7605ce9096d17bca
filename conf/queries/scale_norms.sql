-- How large are the scales of all layers at each step of a run?
--
-- step  scale_A  scale_B  rank_magnitude
--  100  12.6626  12.6397         75.8168
--  200  12.6607  12.6238         75.8131
SELECT step, round(sqrt(sum(norm * norm) FILTER (WHERE name LIKE '%.scale_A')), 4) AS scale_A,
  round(sqrt(sum(norm * norm) FILTER (WHERE name LIKE '%.scale_B')), 4) AS scale_B,
  round(sqrt(sum(norm * norm) FILTER (WHERE name LIKE '%.rank_magnitude')), 4) AS rank_magnitude
FROM tensors JOIN checkpoints USING (audit_id, checkpoint_id, path)
WHERE run = 'srLUT-004_all_alpaca_M2p0_lr1e5_from_best' AND role = 'step' AND section IS NULL
GROUP BY step ORDER BY step
