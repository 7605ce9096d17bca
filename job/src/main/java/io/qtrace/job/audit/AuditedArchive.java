package io.qtrace.job.audit;

import io.qtrace.job.lineage.AuditEntry;
import io.qtrace.job.lineage.KnownCheckpoint;
import io.qtrace.job.lineage.LineageStore;
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
 * One archive and its last audit.
 *
 * @param checkpoints those of the audit's edges, and the newest content of files without an edge,
 *     by path below the archive's root
 */
public record AuditedArchive(AuditReport report, List<KnownCheckpoint> checkpoints) {
  public AuditedArchive {
    Objects.requireNonNull(report, "report");
    checkpoints = List.copyOf(checkpoints);
  }

  /** Reads what the tables have about an audit's archive. */
  public static AuditedArchive of(LineageStore lineage, AuditReport report) {
    String root = new Path(report.archive()).toUri().toString();
    List<KnownCheckpoint> below = lineage.checkpointsBelow(root.endsWith("/") ? root : root + "/");
    Set<String> ends = new HashSet<>();
    report
        .edges()
        .forEach(
            edge ->
                ends.addAll(List.of(edge.edge().ends().parentId(), edge.edge().ends().childId())));
    Map<String, KnownCheckpoint> byUri = new LinkedHashMap<>();
    below.stream()
        .sorted(
            Comparator.comparing((KnownCheckpoint one) -> ends.contains(one.id()))
                .thenComparing(one -> one.file().stat().modified()))
        .forEach(one -> byUri.put(one.file().stat().uri(), one));
    return new AuditedArchive(
        report,
        byUri.values().stream()
            .sorted(Comparator.comparing(one -> one.file().stat().uri()))
            .toList());
  }

  /** Path of one of its checkpoints below the root, even if an earlier audit had another root. */
  public String path(KnownCheckpoint checkpoint) {
    String root = new Path(report.archive()).toUri().getPath();
    String path = URI.create(checkpoint.file().stat().uri()).getPath();
    return path.startsWith(root) ? path.substring(root.length()).replaceFirst("^/", "") : path;
  }

  /**
   * Every archive in the tables, with its last audit.
   *
   * @throws IOException if an audit's report cannot be read
   */
  public static List<AuditedArchive> latest(LineageStore lineage) throws IOException {
    List<AuditedArchive> archives = new ArrayList<>();
    for (AuditEntry audit : lineage.latestAudits()) {
      archives.add(of(lineage, report(audit)));
    }
    return archives;
  }

  /**
   * What a finished audit reported.
   *
   * @throws IOException if it cannot be read
   */
  public static AuditReport report(AuditEntry audit) throws IOException {
    return Json.read(audit.report(), AuditReport.class);
  }
}
