SELECT parent_id, child_id, category, status, count(*) AS tensors, sum(elements) AS elements,
  sum(changed_elements) AS changed_elements, max(max_abs) AS max_abs, sum(sum_abs) / sum(elements) AS mean_abs
FROM lineage.qtrace.changes JOIN shown USING (audit_id, parent_id, child_id)
GROUP BY verdict, shown.child_path, shown.parent_path, parent_id, child_id, category, status
ORDER BY verdict DESC, shown.child_path, shown.parent_path, category, status
