WITH said AS (
  SELECT from_json(report, 'unreadable ARRAY<{{finding}}>, roots ARRAY<{{finding}}>, findings ARRAY<{{finding}}>') AS found
  FROM lineage.qtrace.audits WHERE audit_id = {{audit}})
SELECT parent_id, child_id, child_path AS subject, kind, finding.rule, finding.tensors, finding.example, finding.message,
  finding.waived_reason, finding.waived_until
FROM shown LATERAL VIEW explode(findings) AS finding
UNION ALL
SELECT NULL, NULL, example, NULL, rule, tensors, example, message, waived_reason, waived_until FROM (
  SELECT inline(concat(found.unreadable, coalesce(found.roots, slice(found.unreadable, 1, 0)), found.findings)) FROM said)
WHERE {{beyond}}
ORDER BY waived_reason IS NOT NULL, startswith(rule, 'q-') DESC, kind <=> 'none', subject, rule
