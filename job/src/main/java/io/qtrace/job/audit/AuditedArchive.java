package io.qtrace.job.audit;

import static org.apache.spark.sql.functions.col;

import io.qtrace.job.lineage.AuditRow;
import io.qtrace.job.lineage.CheckpointRow;
import io.qtrace.job.lineage.LineageStore;
import io.qtrace.job.lineage.LineageTable;
import io.qtrace.job.text.Json;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.apache.hadoop.fs.Path;

/**
 * One archive as an audit saw it.
 *
 * @param checkpoints those of the audit's edges, and of files without one the newest content, by
 *     path below the archive's root
 */
public record AuditedArchive(AuditReport report, List<CheckpointRow> checkpoints) {
  public AuditedArchive {
    Objects.requireNonNull(report, "report");
    checkpoints = List.copyOf(checkpoints);
  }

  /** What the tables hold of an audit's archive. */
  public static AuditedArchive of(LineageStore lineage, AuditReport report) {
    String root = new Path(report.archive()).toUri().toString();
    List<CheckpointRow> below =
        lineage.read(
            LineageTable.CHECKPOINTS,
            CheckpointRow.class,
            col("uri").startsWith(root.endsWith("/") ? root : root + "/"));
    Set<String> ends = new HashSet<>();
    report.edges().forEach(edge -> ends.addAll(List.of(edge.parentId(), edge.childId())));
    Map<String, CheckpointRow> byPath = new LinkedHashMap<>();
    below.stream()
        .sorted(
            Comparator.comparing((CheckpointRow row) -> ends.contains(row.checkpointId()))
                .thenComparing(CheckpointRow::modified))
        .forEach(row -> byPath.put(row.uri(), row));
    return new AuditedArchive(
        report, byPath.values().stream().sorted(Comparator.comparing(CheckpointRow::uri)).toList());
  }

  /** Path of one of its checkpoints below the root, whatever root an earlier audit had. */
  public String path(CheckpointRow checkpoint) {
    String root = new Path(report.archive()).toUri().getPath();
    String path = URI.create(checkpoint.uri()).getPath();
    return path.startsWith(root) ? path.substring(root.length()).replaceFirst("^/", "") : path;
  }

  /**
   * Every archive of the tables, by its last audit.
   *
   * @throws IOException if an audit's report cannot be read
   */
  public static List<AuditedArchive> latest(LineageStore lineage) throws IOException {
    List<AuditedArchive> archives = new ArrayList<>();
    for (AuditRow audit : lineage.latestAudits()) {
      archives.add(of(lineage, Json.read(audit.report(), AuditReport.class)));
    }
    return archives;
  }
}
