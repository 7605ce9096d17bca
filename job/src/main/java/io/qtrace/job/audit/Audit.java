package io.qtrace.job.audit;

import io.qtrace.io.ObjectStore;
import io.qtrace.job.archive.Archive;
import io.qtrace.job.archive.ArchiveScan;
import io.qtrace.job.audit.parents.ParentSearch;
import io.qtrace.job.audit.policy.Policy;
import io.qtrace.job.audit.stage.CompareStage;
import io.qtrace.job.audit.stage.IndexStage;
import io.qtrace.job.audit.stage.IndicesStage;
import io.qtrace.job.conf.Settings;
import io.qtrace.job.lineage.AuditRow;
import io.qtrace.job.lineage.LineageStore;
import io.qtrace.job.progress.Progress;
import io.qtrace.job.text.Json;
import java.io.IOException;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Function;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;

/**
 * Audits an archive: every checkpoint measured once, every edge compared and judged, all of it in
 * the lineage tables. An audit's id follows from what it looks at, so the same audit again finds
 * its own rows and adds none; checkpoints and edges that an earlier audit knows are taken from its
 * rows.
 */
public final class Audit {
  private final Settings settings;
  private final Policy policy;
  private final LineageStore lineage;
  private final ObjectStore store;
  private final IndexStage indexing;
  private final CompareStage comparing;
  private final IndicesStage recomputing;
  private final ParentSearch parents;
  private final Progress progress;

  /**
   * @param progress told what the audit does next, and how far it has come
   */
  public Audit(SparkSession spark, Settings settings, Policy policy, Progress progress) {
    JavaSparkContext context = JavaSparkContext.fromSparkContext(spark.sparkContext());
    this.settings = settings;
    this.policy = policy;
    this.lineage = new LineageStore(spark);
    this.store = new ObjectStore(context.hadoopConfiguration());
    this.indexing = new IndexStage(context, progress);
    this.comparing = new CompareStage(context, settings.compare(), policy.categories(), progress);
    this.recomputing = new IndicesStage(context, settings.compare());
    this.parents = new ParentSearch(context);
    this.progress = progress;
  }

  /**
   * Audits everything below a URI.
   *
   * @throws IOException if the archive cannot be listed or the object store fails
   */
  public AuditReport run(String uri) throws IOException {
    Instant started = Instant.now();
    progress.tell("listing " + ObjectStore.path(uri));
    Archive archive = new ArchiveScan(store, settings.archive()).scan(uri);
    Function<Archive, String> identity =
        looked -> ContentId.of(looked, policy, Json.line(settings.archive()));
    String id = identity.apply(archive);
    lineage.create();
    Optional<AuditRow> before = lineage.audit(id);
    if (before.isPresent()) {
      progress.tell("nothing changed since audit " + id);
      return Json.read(before.get().report(), AuditReport.class);
    }
    lineage.begin(id);
    AuditReading reading = new AuditReading(indexing, comparing, recomputing);
    return new AuditSession(archive, policy, lineage, reading, parents, identity, progress)
        .run(started);
  }
}
