package io.qtrace.job.audit;

import io.qtrace.io.ObjectStore;
import io.qtrace.io.SafeText;
import io.qtrace.job.archive.Archive;
import io.qtrace.job.archive.ArchiveScan;
import io.qtrace.job.conf.Settings;
import io.qtrace.job.lineage.AuditEntry;
import io.qtrace.job.lineage.LineageStore;
import io.qtrace.job.operations.Operations;
import io.qtrace.job.policy.Policy;
import io.qtrace.job.progress.Progress;
import io.qtrace.job.text.Json;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;

/**
 * Audits an archive: measures every checkpoint once, compares and judges every edge, and records
 * the results in the lineage tables. An audit's ID is a hash of its inputs, so repeating an audit
 * finds its rows and adds none; checkpoints and edges known from an earlier audit are taken from
 * the tables.
 */
public final class Audit {
  private final JavaSparkContext spark;
  private final Settings settings;
  private final Policy policy;
  private final Operations operations;
  private final LineageStore lineage;
  private final ObjectStore store;
  private final Progress progress;

  /** An audit with all operations of qtrace. */
  public Audit(SparkSession spark, Settings settings, Policy policy, Progress progress) {
    this(spark, settings, policy, Operations.KNOWN, progress);
  }

  /**
   * An audit with the given operations.
   *
   * @param progress shows what the audit does next, and how far it has come
   */
  public Audit(
      SparkSession spark,
      Settings settings,
      Policy policy,
      Operations operations,
      Progress progress) {
    operations.check(policy);
    this.spark = JavaSparkContext.fromSparkContext(spark.sparkContext());
    this.settings = settings;
    this.policy = policy;
    this.operations = operations;
    this.lineage = new LineageStore(spark);
    this.store =
        new ObjectStore(settings.limits().limits().addTo(this.spark.hadoopConfiguration()));
    this.progress = progress;
  }

  /**
   * Audits everything below a URI.
   *
   * @throws IOException if the archive cannot be listed or the object store fails
   */
  public AuditReport run(String uri) throws IOException {
    return run(uri, List.of());
  }

  /**
   * Audits everything below a URI, whose checkpoints may have been made from base models elsewhere.
   *
   * @param bases URIs of folders with base models
   * @throws IOException if the archive or a base cannot be listed or the object store fails
   */
  public AuditReport run(String uri, List<String> bases) throws IOException {
    Instant started = Instant.now();
    progress.report("listing " + ObjectStore.path(uri));
    ArchiveScan scan = new ArchiveScan(store, settings.archive());
    Archive archive = scan.scan(uri);
    if (archive.checkpoints().isEmpty()) {
      throw new IOException(
          "Cannot find a checkpoint in %s: %s; expected files that match %s (archive.checkpoints of the settings)"
              .formatted(uri, seen(archive), settings.archive().checkpoints()));
    }
    for (String base : bases) {
      Archive found = scan.scan(base);
      if (found.checkpoints().isEmpty()) {
        throw new IOException("Cannot find a checkpoint of a base model in %s".formatted(base));
      }
      archive = archive.and(found);
    }
    String id = AuditId.of(archive, policy, settings);
    Optional<AuditEntry> before = lineage.audit(id);
    if (before.isPresent()) {
      progress.report("nothing changed since audit " + id);
      return Json.read(before.get().report(), AuditReport.class);
    }
    lineage.create();
    AuditSession session =
        new AuditSession(spark, archive, settings, policy, operations, lineage.begin(id), progress);
    return session.run(started);
  }

  /** The URI under which the tables record an archive, from any form of it given to a command. */
  public static String root(SparkSession spark, String uri) throws IOException {
    Path given = ObjectStore.path(uri);
    return new ObjectStore(spark.sparkContext().hadoopConfiguration())
        .fileSystem(given)
        .makeQualified(given)
        .toString();
  }

  private static String seen(Archive archive) {
    return archive.skipped().isEmpty()
        ? "no file has such a name"
        : archive.skipped().stream()
            .limit(3)
            .map(folder -> SafeText.of(folder.path()) + " is " + folder.reason())
            .collect(Collectors.joining(", "));
  }
}
