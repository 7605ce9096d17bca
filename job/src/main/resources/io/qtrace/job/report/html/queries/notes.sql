SELECT parent_id, child_id, slice(notes, 1, 20) AS notes, weights.says, weights.parent AS shown_parent, weights.unexplained
FROM shown ORDER BY verdict DESC, child_path, parent_path
