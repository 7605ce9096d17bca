package io.qtrace.job.audit;

import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.compare.Measure;
import io.qtrace.job.LineageRows;
import io.qtrace.job.LocalSpark;
import io.qtrace.job.S3Server;
import io.qtrace.job.Sample;
import io.qtrace.job.audit.policy.Policy;
import io.qtrace.job.conf.Settings;
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
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Checkpoints that are written while an audit reads them. */
class TestChangedFiles {
  private static final String CHANGED = "srLUT-004c_all_alpaca_from_baked200_lut_plus_scales/";
  private static final String FILE = CHANGED + "checkpoint_step20.pt";

  // Of the same size, so that only its time or tag tells.
  private static final Path OTHER = Sample.RUNS.resolve("debug_lut_training/checkpoint_step20.pt");

  @TempDir Path folder;
  private int contents;

  @Test
  void aLocalFile() throws Exception {
    Path runs = Sample.copyTo(folder.resolve("archive")).resolve("runs");
    auditsAllButTheChanged(
        runs.toString(),
        content -> Files.copy(content, runs.resolve(FILE), StandardCopyOption.REPLACE_EXISTING));
  }

  @Test
  void anObjectOfS3() throws Exception {
    Configuration hadoop = LocalSpark.session().sparkContext().hadoopConfiguration();
    try (S3Server server = S3Server.start(Files.createDirectory(folder.resolve("s3")))) {
      server.settings().forEach(hadoop::set);
      server.put(Sample.RUNS, "runs");
      auditsAllButTheChanged(server.uri("runs"), content -> server.put(content, "runs/" + FILE));
    } finally {
      hadoop.unset("fs.s3a.access.key");
      hadoop.unset("fs.s3a.secret.key");
    }
  }

  @Test
  void betweenIndexAndData() throws Exception {
    Path file = Files.copy(Sample.RUNS.resolve(FILE), folder.resolve("a.pt"));
    assertIsLeftOut(
        file.toUri().toString(),
        () -> Files.copy(OTHER, file, StandardCopyOption.REPLACE_EXISTING));
    assertIsLeftOut(file.toUri().toString(), () -> Files.delete(file));
    Configuration hadoop = LocalSpark.session().sparkContext().hadoopConfiguration();
    try (S3Server server = S3Server.start(Files.createDirectory(folder.resolve("s3")))) {
      server.settings().forEach(hadoop::set);
      server.put(Sample.RUNS.resolve(FILE), "a.pt");
      assertIsLeftOut(server.uri("a.pt"), () -> server.put(OTHER, "a.pt"));
    } finally {
      hadoop.unset("fs.s3a.access.key");
      hadoop.unset("fs.s3a.secret.key");
    }
  }

  private static void assertIsLeftOut(String uri, Executable change) throws Exception {
    JavaSparkContext spark = JavaSparkContext.fromSparkContext(LocalSpark.session().sparkContext());
    IndexedCheckpoint.Readable indexed =
        (IndexedCheckpoint.Readable) new IndexStage(spark, Progress.NONE).run(List.of(uri)).get(0);
    CompareInput input =
        new CompareInput(
            List.of(indexed.index()),
            List.of(indexed.files()),
            List.of(),
            List.of(Map.of()),
            Set.of(Measure.FINGERPRINT));
    CompareStage stage =
        new CompareStage(
            spark,
            Settings.load(Optional.empty()).compare(),
            Policy.load(Optional.empty()).categories(),
            Progress.NONE);
    assertThat(stage.run(input).changed()).isEmpty();
    change.run();
    CompareOutput output = stage.run(input);
    assertThat(output.changed()).containsExactly(0);
    assertThat(output.facts().get(0)).isEmpty();
    assertThat(output.failures().get(0))
        .isEqualTo(
            "Cannot read %s: it was written while it was read; the next audit takes it again"
                .formatted(uri));
  }

  private interface Executable {
    void run() throws IOException;
  }

  private void auditsAllButTheChanged(String runs, Change change) throws IOException {
    String moment = "reading";
    SparkSession tables = session(moment);
    AuditReport report = audit(tables, runs, moment, change);
    assertThat(report.unreadable())
        .as("changed while " + moment)
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.example()).endsWith(FILE);
              assertThat(finding.message())
                  .startsWith("Cannot read ")
                  .endsWith(
                      FILE + ": it was written while it was read; the next audit takes it again");
            });
    assertThat(rowsOf(tables, "checkpoints", "path")).isZero();
    assertThat(rowsOf(tables, "tensors", "path")).isZero();
    assertThat(rowsOf(tables, "invariants", "path")).isZero();
    assertThat(rowsOf(tables, "edges", "child_path")).isZero();
    assertThat(rowsOf(tables, "edges", "parent_path")).isZero();
    assertThat(rowsOf(tables, "q_changes", "child_path")).isZero();
    assertThat(tables.table("lineage.qtrace.checkpoints").count()).isEqualTo(15);

    AuditReport next = audit(tables, runs, "never", change);
    assertThat(next.unreadable()).isEmpty();
    assertThat(next.checkpointsRead()).isEqualTo(1);
    assertThat(rowsOf(tables, "checkpoints", "path")).isEqualTo(1);
    SparkSession fresh = session(moment + "-fresh");
    audit(fresh, runs, "never", change);
    Map<String, List<String>> found = LineageRows.of(tables);
    Map<String, List<String>> wanted = LineageRows.of(fresh);
    for (String table : List.of("tensors", "invariants")) {
      String name = "lineage.qtrace." + table;
      assertThat(found.get(name)).as(table).isEqualTo(wanted.get(name));
    }
    // Without the changed checkpoint the weights told other parents, which stay on record.
    assertThat(found.get("lineage.qtrace.edges")).containsAll(wanted.get("lineage.qtrace.edges"));
  }

  private static long rowsOf(SparkSession tables, String table, String column) {
    return tables
        .table("lineage.qtrace." + table)
        .where("%s LIKE '%%%s'".formatted(column, FILE))
        .count();
  }

  private SparkSession session(String name) {
    return LocalSpark.session(folder.resolve(name));
  }

  // The change comes when the audit says that it begins what is named.
  private AuditReport audit(SparkSession tables, String runs, String moment, Change change)
      throws IOException {
    Progress progress =
        new Progress() {
          @Override
          public void tell(String line) {
            if (line.startsWith(moment)) {
              change.make(contents++ % 2 == 0 ? OTHER : Sample.RUNS.resolve(FILE));
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
