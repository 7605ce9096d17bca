-- Which files hold the edges? For engines without Iceberg; every table has such metadata.
SELECT regexp_replace(file_path, '^file:/+', '/') AS file FROM lineage.qtrace.edges.files ORDER BY file
