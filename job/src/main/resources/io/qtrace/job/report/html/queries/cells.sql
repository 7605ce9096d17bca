WITH placed AS (
  SELECT audit_id, parent_id, child_id, category, name, status, elements, changed_elements, max_abs,
    regexp_replace(name, '[.][^.]*$', '') AS module
  FROM lineage.qtrace.changes JOIN shown USING (audit_id, parent_id, child_id))
SELECT parent_id, child_id, category, regexp_extract(module, '(?:^|[.])([0-9]+)(?:[.]|$)', 1) AS layer,
  regexp_replace(module, '^(.*?[.])?[0-9]+([.]|$)', '') AS projection, count(*) AS tensors, min(placed.status) AS status,
  sum(changed_elements) / sum(elements) AS share, max(max_abs) AS max_abs, min(cause) AS cause
FROM placed JOIN shown USING (audit_id, parent_id, child_id)
LEFT JOIN (SELECT audit_id, parent_id, child_id, layer AS module, cause, 'q' AS category FROM lineage.qtrace.q_changes)
  USING (audit_id, parent_id, child_id, module, category)
GROUP BY verdict, q_changed, child_path, parent_path, parent_id, child_id, category, layer, projection
ORDER BY verdict DESC, q_changed > 0 DESC, child_path, parent_path, category
