-- What a first call runs once, so that the JVM can keep the classes of common work in an archive for faster starts.
CREATE NAMESPACE lineage.warmup;
CREATE TABLE lineage.warmup.t (name STRING, shape ARRAY<BIGINT>, stats STRUCT<mean: DOUBLE>, at TIMESTAMP);
INSERT INTO lineage.warmup.t
  SELECT concat('t', id), array(id, id), named_struct('mean', id / 2), current_timestamp() FROM range(10);
MERGE INTO lineage.warmup.t AS t USING (SELECT 't1' AS name) AS s ON t.name = s.name
  WHEN MATCHED THEN UPDATE SET at = NULL WHEN NOT MATCHED THEN INSERT (name) VALUES (s.name);
SELECT name, count(*) AS n, max(stats.mean) AS mean, max(at) AS at
  FROM lineage.warmup.t JOIN range(3) GROUP BY name ORDER BY n DESC, name LIMIT 5
