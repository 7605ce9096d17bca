SELECT parent_id, child_id, name, category, status, changed_elements, elements, max_abs, mean_abs
FROM lineage.qtrace.changes JOIN shown USING (audit_id, parent_id, child_id)
ORDER BY verdict DESC, category = 'q' DESC, category = 'indices' DESC, max_abs DESC NULLS LAST, shown.child_path, name
