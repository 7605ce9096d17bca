SELECT parent_id, child_id, kind, parent_part, verdict, evidence, trained, identical, equal, changed, reshaped, added,
  removed, q_buffers, q_changed, lut_layers, lut_trained, size(findings) AS findings
FROM shown ORDER BY verdict DESC, child_path, parent_path
