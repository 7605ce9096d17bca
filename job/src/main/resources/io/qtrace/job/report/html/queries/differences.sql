SELECT category, floor(2 * log10(max_abs)) / 2 AS magnitude, count(*) AS tensors, sum(changed_elements) AS changed_elements
FROM lineage.qtrace.changes JOIN shown USING (audit_id, parent_id, child_id)
WHERE max_abs > 0 AND max_abs < double('Infinity')
GROUP BY ALL ORDER BY category, magnitude
