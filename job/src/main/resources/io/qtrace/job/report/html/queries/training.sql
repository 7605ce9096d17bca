WITH runs AS (
  SELECT DISTINCT run FROM shown JOIN lineage.qtrace.checkpoints ON checkpoint_id = child_id),
steps AS (
  SELECT train_steps.*, ceil(count(*) OVER (PARTITION BY train_steps.audit_id, output_dir) / 400) AS width
  FROM lineage.qtrace.train_steps JOIN runs ON endswith(rtrim('/', output_dir), run))
SELECT output_dir, audit_id, min(step) AS step, avg(loss) AS loss, max(gradient_norm) AS gradient_norm, avg(lr) AS lr,
  avg(lut_lr) AS lut_lr, avg(tokens_per_second) AS tokens_per_second
FROM steps GROUP BY output_dir, audit_id, floor((step - 1) / width) ORDER BY output_dir, audit_id, step
