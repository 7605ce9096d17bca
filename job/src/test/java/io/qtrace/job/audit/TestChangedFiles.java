package io.qtrace.job.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import io.qtrace.compare.Measure;
import io.qtrace.job.LineageRows;
import io.qtrace.job.LocalSpark;
import io.qtrace.job.S3Server;
import io.qtrace.job.Sample;
import io.qtrace.job.compare.CompareRequest;
import io.qtrace.job.compare.CompareStage;
import io.qtrace.job.compare.DefaultCompareStage;
import io.qtrace.job.compare.IndexStage;
import io.qtrace.job.compare.Measured;
import io.qtrace.job.conf.Settings;
import io.qtrace.job.policy.Policy;
import io.qtrace.job.progress.Progress;
import io.qtrace.job.progress.Stage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Checkpoints that are written while an audit reads them. */
@Tag("archive")
class TestChangedFiles {
  private static final String RUN = "srLUT-004c_all_alpaca_from_baked200_lut_plus_scales";
  private static final String FILE = RUN + "/checkpoint_step20.pt"; // parent of checkpoint_step40

  // Of the same size, so that only its time or tag tells.
  private static final Path OTHER = Sample.RUNS.resolve("debug_lut_training/checkpoint_step20.pt");

  private static final Change NONE = content -> {};

  private static final String KEY = "a"; // of the checkpoint

  @TempDir Path folder;

  @Test
  void detectsAChangedLocalFile() throws Exception {
    Path runs =
        Sample.copyRuns(folder.resolve("archive"), "sr011-q4a4-FP4-init", RUN).resolve("runs");
    SparkSession tables =
        auditsAllButTheChanged(
            runs.toString(),
            3,
            content ->
                Files.copy(content, runs.resolve(FILE), StandardCopyOption.REPLACE_EXISTING));
    AuditReport next = audit(tables, runs.toString(), NONE);
    assertThat(next.unreadable()).isEmpty();
    assertThat(next.size().checkpointsRead()).isEqualTo(1);
    SparkSession fresh = session("fresh");
    audit(fresh, runs.toString(), NONE);
    Map<String, List<String>> found = LineageRows.of(tables);
    assertThat(found.get("lineage.qtrace.checkpoints")).hasSize(4);
    Map<String, List<String>> wanted = LineageRows.of(fresh);
    for (String table : List.of("tensors", "invariants")) {
      String name = "lineage.qtrace." + table;
      assertThat(found.get(name)).as(table).isEqualTo(wanted.get(name)).isNotEmpty();
    }
    assertThat(wanted.get("lineage.qtrace.edges")).hasSize(3);
    // Without the changed checkpoint the weights showed other parents, which stay on record.
    assertThat(found.get("lineage.qtrace.edges")).containsAll(wanted.get("lineage.qtrace.edges"));
  }

  @Test
  void detectsAChangeBetweenReadingAndRecomputation() throws Exception {
    String run = "srLUT-004_all_alpaca_M2p0_lr1e5_from_best/";
    String baked = run + "baked_step200.pt";
    String tightened = "srLUT-004t_tightened/tightened.pt";
    Path runs = folder.resolve("archive/runs");
    for (String file : List.of(run + "checkpoint_step200.pt", baked, tightened)) {
      Files.createDirectories(runs.resolve(file).getParent());
      Files.copy(Sample.RUNS.resolve(file), runs.resolve(file));
    }
    SparkSession tables = session("tables");
    AuditReport report =
        audit(
            tables,
            runs.toString(),
            "searching",
            content ->
                Files.copy(content, runs.resolve(tightened), StandardCopyOption.REPLACE_EXISTING));
    assertThat(report.unreadable())
        .singleElement()
        .satisfies(finding -> assertThat(finding.example()).endsWith(tightened));
    assertThat(report.edges())
        .singleElement()
        .satisfies(edge -> assertThat(edge.edge().ends().childPath()).endsWith(baked));
    assertThat(LineageRows.of(tables))
        .allSatisfy((table, rows) -> assertThat(rows).noneMatch(row -> row.contains(tightened)));
  }

  @Test
  @Tag("system")
  void detectsAChangedS3Object() throws Exception {
    Configuration hadoop = LocalSpark.session().sparkContext().hadoopConfiguration();
    try (S3Server server = S3Server.start(Files.createDirectory(folder.resolve("s3")));
        S3Server.Reached reached = server.reach(hadoop)) {
      for (String file : List.of(FILE, RUN + "/best_state_dict.pt")) {
        server.put(Sample.RUNS.resolve(file), "runs/" + file);
      }
      auditsAllButTheChanged(server.uri("runs"), 1, content -> server.put(content, "runs/" + FILE));
    }
  }

  @Test
  @Tag("system")
  void detectsAChangeBetweenIndexingAndReading() throws Exception {
    Path file = Files.copy(Sample.RUNS.resolve(FILE), folder.resolve("a.pt"));
    assertIsLeftOut(
        file.toUri().toString(),
        content -> Files.copy(content, file, StandardCopyOption.REPLACE_EXISTING));
    assertIsLeftOut(file.toUri().toString(), content -> Files.delete(file));
    Configuration hadoop = LocalSpark.session().sparkContext().hadoopConfiguration();
    try (S3Server server = S3Server.start(Files.createDirectory(folder.resolve("s3")));
        S3Server.Reached reached = server.reach(hadoop)) {
      server.put(Sample.RUNS.resolve(FILE), "a.pt");
      assertIsLeftOut(server.uri("a.pt"), content -> server.put(content, "a.pt"));
    }
  }

  private static void assertIsLeftOut(String uri, Change change) throws Exception {
    JavaSparkContext spark = JavaSparkContext.fromSparkContext(LocalSpark.session().sparkContext());
    IndexStage.Indexes indexes = new IndexStage(spark, Progress.NONE).run(Map.of(KEY, uri));
    CompareRequest request =
        new CompareRequest(List.of(KEY), Set.of(KEY), List.of(), Set.of(Measure.FINGERPRINT));
    assertThat(compare(spark, request, indexes).failures()).isEmpty();
    change.write(OTHER);
    CompareStage.Output<Boolean> output = compare(spark, request, indexes);
    assertThat(output.failures())
        .containsExactly(
            entry(
                KEY,
                new Measured.Failure(
                    "Cannot read %s: it was modified while being read; the next audit retries it"
                        .formatted(uri),
                    true)));
    assertThat(output.summaries()).isEmpty();
    assertThat(output.measured().lookup(KEY))
        .singleElement()
        .satisfies(measured -> assertThat(measured.value().facts()).isEmpty());
  }

  private static CompareStage.Output<Boolean> compare(
      JavaSparkContext spark, CompareRequest request, IndexStage.Indexes indexes)
      throws IOException {
    return DefaultCompareStage.of(spark)
        .run(request, indexes, JavaPairRDD.fromJavaRDD(spark.emptyRDD()), facts -> Boolean.TRUE);
  }

  // The change comes when the audit begins to read.
  private SparkSession auditsAllButTheChanged(String runs, int others, Change change)
      throws IOException {
    SparkSession tables = session("tables");
    AuditReport report = audit(tables, runs, change);
    assertThat(report.unreadable())
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.example()).endsWith(FILE);
              assertThat(finding.message())
                  .startsWith("Cannot read ")
                  .endsWith(FILE + ": it was modified while being read; the next audit retries it");
            });
    Map<String, List<String>> rows = LineageRows.of(tables);
    assertThat(rows)
        .allSatisfy((table, told) -> assertThat(told).noneMatch(row -> row.contains(FILE)));
    assertThat(rows.get("lineage.qtrace.checkpoints")).hasSize(others);
    return tables;
  }

  private SparkSession session(String name) {
    return LocalSpark.session(folder.resolve(name));
  }

  private static AuditReport audit(SparkSession tables, String runs, Change change)
      throws IOException {
    return audit(tables, runs, "reading", change);
  }

  // The change comes when the audit begins a phase.
  private static AuditReport audit(SparkSession tables, String runs, String phase, Change change)
      throws IOException {
    Progress progress =
        new Progress() {
          @Override
          public void report(String line) {
            if (line.startsWith(phase)) {
              change.make(OTHER);
            }
          }

          @Override
          public void show(Stage now) {}
        };
    return new Audit(
            tables, Settings.load(Optional.empty()), Policy.load(Optional.empty()), progress)
        .run(runs);
  }

  private interface Change {
    void write(Path content) throws IOException;

    default void make(Path content) {
      try {
        write(content);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
