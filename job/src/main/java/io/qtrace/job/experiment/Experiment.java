package io.qtrace.job.experiment;

import io.qtrace.compare.Measure;
import io.qtrace.io.ObjectStore;
import io.qtrace.job.audit.Audit;
import io.qtrace.job.audit.AuditReport;
import io.qtrace.job.compare.PairComparison;
import io.qtrace.job.conf.Settings;
import io.qtrace.job.experiment.ExperimentReport.Bonus;
import io.qtrace.job.judge.Diff;
import io.qtrace.job.judge.LutMove;
import io.qtrace.job.lineage.BonusRow;
import io.qtrace.job.lineage.ExperimentRow;
import io.qtrace.job.lineage.LineageStore;
import io.qtrace.job.lineage.LineageTable;
import io.qtrace.job.operations.Train;
import io.qtrace.job.policy.Policy;
import io.qtrace.job.progress.Progress;
import io.qtrace.job.report.DiffDocument;
import io.qtrace.job.text.Json;
import io.qtrace.job.train.ExistingRunPolicy;
import io.qtrace.job.train.RunFolder;
import io.qtrace.job.train.TrainPlan;
import io.qtrace.job.train.TrainPlanner;
import io.qtrace.job.train.TrainRun;
import io.qtrace.job.train.TrainStage;
import io.qtrace.job.train.TrainSteps;
import io.qtrace.lut.Category;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;

/**
 * The notebook's experiment from end to end: snapshot, training, comparison, LUT verification, the
 * two bonus comparisons, and the results in the tables.
 */
public final class Experiment {
  private final JavaSparkContext context;
  private final ObjectStore store;
  private final LineageStore lineage;
  private final Diff diff;
  private final Audit audit;
  private final Progress progress;

  /**
   * @param progress receives one line for each step
   */
  public Experiment(SparkSession spark, Settings settings, Policy policy, Progress progress) {
    this.context = JavaSparkContext.fromSparkContext(spark.sparkContext());
    this.store = new ObjectStore(settings.limits().limits().addTo(context.hadoopConfiguration()));
    this.lineage = new LineageStore(spark);
    this.diff = new Diff(context, settings, policy);
    this.audit = new Audit(spark, settings, policy, progress);
    this.progress = progress;
  }

  /**
   * The results of an experiment.
   *
   * @param snapshot the initial checkpoint, compared with itself
   * @param comparison of it with the final checkpoint
   * @param audit of the archive, the run included
   */
  public record Outcome(
      ExperimentReport report,
      PairComparison snapshot,
      Diff.Outcome comparison,
      AuditReport audit) {}

  /**
   * Runs it. A finished run with the same settings and inputs is reused.
   *
   * @param rerun what to do with an existing run in the output folder
   * @throws IOException if a file is missing, damaged, or does not match the others
   */
  public Outcome run(ExperimentSettings settings, ExistingRunPolicy rerun) throws IOException {
    String initial = settings.train().checkpoint();
    progress.report("snapshot of " + initial);
    PairComparison snapshot = compare(initial, initial, Set.of(Measure.MD5)).pair();
    TrainPlan plan = new TrainPlanner(store, progress).plan(settings.train());
    TrainRun run = new TrainStage(context, progress).run(plan, rerun);
    TrainSteps.write(lineage, run);
    String trained =
        settings.train().outputDir() + "/" + RunFolder.checkpoint(settings.train().maxSteps());
    progress.report("comparing with " + trained);
    Diff.Outcome comparison =
        diff.run(initial, trained, Optional.of(Train.KIND), EnumSet.noneOf(Measure.class));
    List<Bonus> bonus = bonus(settings);
    AuditReport audited = audit.run(settings.archive());
    List<LutMove> moves = comparison.judgement().trainableLuts();
    ExperimentReport report =
        new ExperimentReport(
            settings.name(),
            counts(category -> snapshot.of(category).count()),
            run,
            trained,
            DiffDocument.of(initial, trained, comparison),
            counts(category -> QCount.changed(comparison.pair(), category)),
            moves.stream().filter(LutMove::isTrained).count(),
            moves.size(),
            bonus,
            audited.auditId(),
            comparison.judgement().verdict());
    write(report);
    return new Outcome(report, snapshot, comparison, audited);
  }

  private Diff.Outcome compare(String left, String right, Set<Measure> extra) throws IOException {
    return diff.run(left, right, Optional.empty(), extra);
  }

  private List<Bonus> bonus(ExperimentSettings settings) throws IOException {
    List<Bonus> bonus = new ArrayList<>();
    if (!settings.baked().isEmpty()) {
      if (!settings.trainedFromBaked().isEmpty()) {
        bonus.add(
            bonus(
                "training from the baked checkpoint",
                settings.baked(),
                settings.trainedFromBaked()));
      }
      bonus.add(
          bonus("initial and baked checkpoint", settings.train().checkpoint(), settings.baked()));
    }
    return bonus;
  }

  private Bonus bonus(String title, String left, String right) throws IOException {
    List<String> missing = new ArrayList<>();
    for (String file : List.of(left, right)) {
      Path path = ObjectStore.path(file);
      if (!store.fileSystem(path).exists(path)) {
        missing.add(file);
      }
    }
    if (!missing.isEmpty()) {
      progress.report("cannot compare, missing " + String.join(", ", missing));
      return new Bonus(title, left, right, missing, null, null);
    }
    progress.report("comparing %s with %s".formatted(left, right));
    QCount count = QCount.of(compare(left, right, Set.of()).pair(), Category.Q);
    return new Bonus(title, left, right, missing, count.unchanged(), count.changed());
  }

  private interface Count {
    long of(Category category);
  }

  private static Map<String, Long> counts(Count count) {
    Map<String, Long> counts = new LinkedHashMap<>();
    for (Category category : Category.values()) {
      counts.put(category.label(), count.of(category));
    }
    return counts;
  }

  private void write(ExperimentReport report) {
    String id = report.run().id() + report.archiveAuditId();
    lineage.replace(
        LineageTable.EXPERIMENTS,
        ExperimentRow.class,
        id,
        List.of(
            new ExperimentRow(
                id,
                report.name(),
                report.run().id(),
                report.archiveAuditId(),
                report.comparison().left(),
                report.trained(),
                report.verdict().name(),
                report.changed().get(Category.Q.label()).intValue(),
                Json.of(report),
                report.bonus().stream().map(Experiment::row).toList())));
  }

  private static BonusRow row(Bonus bonus) {
    return new BonusRow(
        bonus.title(),
        bonus.left(),
        bonus.right(),
        bonus.missing(),
        bonus.qUnchanged(),
        bonus.qChanged());
  }
}
