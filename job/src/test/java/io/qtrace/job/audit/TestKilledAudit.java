package io.qtrace.job.audit;

import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.job.LocalSpark;
import io.qtrace.job.Processes;
import io.qtrace.job.Sample;
import io.qtrace.job.lineage.LineageTable;
import io.qtrace.job.policy.Verdict;
import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Audits in processes of their own that are killed with SIGKILL, and started again. */
@Tag("system")
class TestKilledAudit {
  @TempDir private static Path shared;
  private static Path archive;
  private static Map<LineageTable, List<String>> undisturbed;

  @TempDir Path tables;

  @BeforeAll
  static void auditWithoutDisturbance() throws IOException {
    archive =
        Sample.copyRuns(
            shared.resolve("archive"), "sr011-q4a4-FP4-init", "debug_lut_training", "bug_q_drift");
    SparkSession spark = LocalSpark.session(shared.resolve("tables"));
    assertThat(audit(spark).verdict()).isEqualTo(Verdict.VIOLATION);
    undisturbed = rows(spark);
  }

  // Tables are written in the order tensors, invariants, globals, checkpoints, changes, q_changes,
  // edges, candidates, disputes, audits.
  @ParameterizedTest
  @CsvSource({
    "comparing, 0, ''",
    "writing, 5, 'CHECKPOINTS TENSORS INVARIANTS GLOBALS CHANGES'",
    "writing, 7, 'CHECKPOINTS TENSORS INVARIANTS GLOBALS EDGES CHANGES Q_CHANGES'",
    "writing, 8, 'CHECKPOINTS TENSORS INVARIANTS GLOBALS EDGES CHANGES Q_CHANGES CANDIDATES'",
    "writing, 9, 'CHECKPOINTS TENSORS INVARIANTS GLOBALS EDGES CHANGES Q_CHANGES CANDIDATES"
        + " DISPUTES'"
  })
  void leavesNoTraceOnceItIsStartedAgain(String stage, int done, String left)
      throws IOException, InterruptedException {
    Processes.Ended killed =
        Processes.run(
            new ProcessBuilder(
                Processes.spark(
                    KilledAudit.class,
                    archive.toString(),
                    tables.toString(),
                    stage,
                    Integer.toString(done))));
    assertThat(killed.status()).as(killed.err()).isEqualTo(Processes.SIGKILL);
    SparkSession spark = LocalSpark.session(tables);
    Map<LineageTable, List<String>> half = rows(spark);
    half.values().removeIf(List::isEmpty);
    assertThat(half.keySet()).map(LineageTable::name).containsExactlyInAnyOrder(words(left));
    audit(spark);
    assertThat(rows(spark)).isEqualTo(undisturbed);
  }

  private static String[] words(String text) {
    return text.isEmpty() ? new String[0] : text.split(" ");
  }

  private static AuditReport audit(SparkSession spark) throws IOException {
    return DefaultAudit.of(spark).run(archive.toString());
  }

  // As text, sorted, identifiers too; times left out.
  private static Map<LineageTable, List<String>> rows(SparkSession spark) {
    Map<LineageTable, List<String>> rows = new EnumMap<>(LineageTable.class);
    for (LineageTable table : LineageTable.values()) {
      String columns = table == LineageTable.AUDITS ? "* EXCEPT (started, finished)" : "*";
      rows.put(
          table,
          spark
              .sql("SELECT %s FROM %s".formatted(columns, table.tableName()))
              .collectAsList()
              .stream()
              .map(Row::json)
              .sorted()
              .toList());
    }
    return rows;
  }
}
