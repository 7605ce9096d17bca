package io.qtrace.job.report.html;

import io.qtrace.io.ObjectStore;
import io.qtrace.job.report.html.ReportScope.PairOfIds;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * What a user wants a report about.
 *
 * @param archive URI or path of an archive, of which the last audit is taken; without it and
 *     without an audit, the last audit of all
 * @param audit identifier of an audit
 * @param run folder of a run, or its last name
 * @param pair two checkpoints, parent first: paths below the archive's root, or paths or URIs of
 *     the files
 */
public record ReportSelection(
    Optional<String> archive, Optional<String> audit, Optional<String> run, List<String> pair) {
  public ReportSelection {
    Objects.requireNonNull(archive, "archive");
    Objects.requireNonNull(audit, "audit");
    Objects.requireNonNull(run, "run");
    pair = List.copyOf(pair);
    if (!pair.isEmpty() && pair.size() != 2) {
      throw new IllegalArgumentException("Invalid pair: one checkpoint, expected LEFT and RIGHT");
    }
    if (!pair.isEmpty() && run.isPresent()) {
      throw new IllegalArgumentException(
          "Invalid options: --run with a pair, expected one of them");
    }
  }

  /** A whole audit. */
  public static ReportSelection ofAudit(String id) {
    return new ReportSelection(Optional.empty(), Optional.of(id), Optional.empty(), List.of());
  }

  /**
   * Looks the selection up in the tables.
   *
   * @throws IllegalArgumentException if they do not contain it
   */
  public ReportScope find(SparkSession spark) {
    ReportScope whole = audit(spark);
    if (!pair.isEmpty()) {
      return whole.ofPair(ends(spark, whole));
    }
    return run.map(name -> whole.ofRun(folder(spark, whole, name))).orElse(whole);
  }

  private ReportScope audit(SparkSession spark) {
    String condition =
        audit
            .map(id -> "audit_id = " + SqlText.literal(id))
            .or(
                () ->
                    archive.map(
                        place ->
                            "%s = %s"
                                .formatted(
                                    plainUri("archive"), SqlText.literal(uri(place, "/?$")))))
            .orElse("true");
    return spark
        .sql(
            "SELECT audit_id, archive FROM lineage.qtrace.audits WHERE %s ORDER BY finished DESC LIMIT 1"
                .formatted(condition))
        .collectAsList()
        .stream()
        .findFirst()
        .map(row -> ReportScope.whole(row.getString(0), row.getString(1)))
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "Cannot find audit: the tables have none%s; run 'qtrace audit --archive URI' first"
                        .formatted(
                            audit
                                .map(id -> " of that ID")
                                .or(() -> archive.map(place -> " of that archive"))
                                .orElse(""))));
  }

  private static String folder(SparkSession spark, ReportScope whole, String name) {
    String folder = name.replaceFirst("/+$", "");
    List<String> runs =
        spark
            .sql(
                """
                SELECT DISTINCT run FROM (%1$s)
                JOIN lineage.qtrace.checkpoints ON checkpoint_id = child_id
                WHERE run = %2$s OR endswith(run, concat('/', %2$s)) ORDER BY run LIMIT 10
                """
                    .formatted(whole.edges(), SqlText.literal(folder)))
            .collectAsList()
            .stream()
            .map(row -> row.getString(0))
            .toList();
    if (runs.size() == 1 || runs.contains(folder)) {
      return runs.size() == 1 ? runs.get(0) : folder;
    }
    throw new IllegalArgumentException(
        runs.isEmpty()
            ? "Cannot find run: no checkpoint of a run of that name has a parent, expected a run that"
                + " 'qtrace lineage' shows"
            : "Cannot find run: several have that name, expected one of "
                + runs.stream().collect(Collectors.joining(", ")));
  }

  private PairOfIds ends(SparkSession spark, ReportScope whole) {
    String side = "(%1$s_path = %2$s OR " + plainUri("%1$s.uri") + " = %3$s)";
    List<Row> found =
        spark
            .sql(
                """
                SELECT parent_id, child_id, parent_path, child_path FROM (%s)
                JOIN lineage.qtrace.checkpoints AS parent ON parent.checkpoint_id = parent_id
                JOIN lineage.qtrace.checkpoints AS child ON child.checkpoint_id = child_id
                WHERE %s AND %s LIMIT 1
                """
                    .formatted(
                        whole.edges(),
                        side.formatted("parent", SqlText.literal(pair.get(0)), file(pair.get(0))),
                        side.formatted("child", SqlText.literal(pair.get(1)), file(pair.get(1)))))
            .collectAsList();
    if (found.isEmpty()) {
      throw new IllegalArgumentException(
          "Cannot find pair: the audit has no edge from LEFT to RIGHT; 'qtrace explain LEFT RIGHT'"
              + " compares any two checkpoints");
    }
    Row row = found.get(0);
    return new PairOfIds(row.getString(0), row.getString(1), row.getString(2), row.getString(3));
  }

  private static String file(String place) {
    return SqlText.literal(uri(place, "$"));
  }

  // Local URIs have one slash or three, depending on the writer.
  private static String plainUri(String column) {
    return "regexp_replace(regexp_replace(%s, '^file:/+', 'file:/'), '/$', '')".formatted(column);
  }

  private static String uri(String place, String end) {
    return ObjectStore.path(place)
        .toUri()
        .toString()
        .replaceFirst("^file:/+", "file:/")
        .replaceFirst(end, "");
  }
}
