SELECT audit_id, archive, unix_seconds(finished) AS finished, version, policy_version, policy_hash, checkpoints, edges, violations, findings, verdict,
  said.runs, said.bytes, said.conclusion, said.notes, slice(said.skipped, 1, 500) AS skipped
FROM (
  SELECT *, from_json(report, 'runs INT, bytes BIGINT, conclusion ARRAY<STRING>, notes ARRAY<STRING>,
    skipped ARRAY<STRUCT<path STRING, reason STRING>>') AS said
  FROM lineage.qtrace.audits WHERE audit_id = {{audit}})
