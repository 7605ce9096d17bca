package io.qtrace.job.lineage;

import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.job.LocalSpark;
import io.qtrace.job.judge.EdgeCounts;
import io.qtrace.job.judge.EdgeEnds;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TestLineageStore {
  @TempDir private Path warehouse;

  @Test
  void tablesOfAnOlderQtraceGetTheColumnsThatTheyLack() {
    SparkSession spark = LocalSpark.session(warehouse);
    LineageStore store = new LineageStore(spark);
    assertThat(store.isCreated()).isFalse();
    store.create();
    assertThat(store.isCreated()).isTrue();
    String edges = LineageTable.EDGES.tableName();
    spark.sql("ALTER TABLE %s DROP COLUMN rules_hash".formatted(edges));
    spark.sql("ALTER TABLE %s DROP COLUMN lut_trained".formatted(edges));
    spark.sql("ALTER TABLE %s DROP COLUMN findings.element.waived_reason".formatted(edges));
    String tensors = LineageTable.TENSORS.tableName();
    spark.sql("ALTER TABLE %s DROP COLUMNS (norm, index_counts)".formatted(tensors));
    insertEdge(spark, "old");

    store.create();
    assertThat(spark.table(tensors).schema().fieldNames())
        .isEqualTo(LineageTable.TENSORS.schema().fieldNames());
    EdgeRow old = rows(spark).get(0);
    assertThat(old.quantized().qBuffers()).isEqualTo(2);
    assertThat(old.luts().lutTrained()).isZero();
    assertThat(old.rules().rulesHash()).isNull();
    EdgeRow fresh =
        new EdgeRow(
            "new",
            new EdgeEnds("p", "c", "p.pt", "c.pt"),
            "train",
            "whole",
            List.of(),
            "VIOLATION",
            new EdgeCounts.ByStatus(1, 0, 0, 0, 0, 0),
            new EdgeCounts.Quantized(2, 0),
            new EdgeCounts.Luts(0, 1),
            List.of("scale_A"),
            List.of(new FindingRow("q-never", 1, "a", "text", "known", "2027-01-31")),
            List.of(),
            new EdgeRow.RulesRow(1, "hash", "rules"),
            new EdgeRow.WeightsRow("agrees", null, null, null, null, null, null, List.of()));
    store.replace(LineageTable.EDGES, EdgeRow.class, "new", List.of(fresh));
    assertThat(rows(spark)).containsExactlyInAnyOrder(fresh, old);
    assertThat(store.edges("hash")).containsExactly(RowMapping.edge(fresh));
    assertThat(MissingColumns.of(spark.table(edges).schema(), LineageTable.EDGES.schema()))
        .isEmpty();
  }

  // Where its owners partition a table otherwise, a file's partition does not begin with an audit.
  @Test
  void finishedAuditsStayHoweverTablesArePartitioned() {
    SparkSession spark = LocalSpark.session(warehouse);
    LineageStore store = new LineageStore(spark);
    store.create();
    for (LineageTable table : List.of(LineageTable.Q_CHANGES, LineageTable.EDGES)) {
      spark.sql(
          "ALTER TABLE %s REPLACE PARTITION FIELD audit_id WITH bucket(4, audit_id)"
              .formatted(table.tableName()));
    }
    insertEdge(spark, "finished");
    String quantized = LineageTable.Q_CHANGES.tableName();
    spark.sql(
        "INSERT INTO %s (audit_id, layer, residual) VALUES ('finished', 'a', 0), ('killed', 'a', 0)"
            .formatted(quantized));
    store.begin("another");
    assertThat(spark.table(quantized).select("audit_id").as(Encoders.STRING()).collectAsList())
        .containsExactly("finished");
  }

  private static void insertEdge(SparkSession spark, String auditId) {
    spark.sql(
        """
        INSERT INTO %s (audit_id, parent_id, child_id, parent_path, child_path, kind, identical,
          equal, changed, reshaped, added,
          removed, q_buffers, q_changed, lut_layers, policy_version)
        VALUES ('%s', 'p', 'c', 'p.pt', 'c.pt', 'train', 1, 0, 0, 0, 0, 0, 2, 0, 0, 1)
        """
            .formatted(LineageTable.EDGES.tableName(), auditId));
  }

  private static List<EdgeRow> rows(SparkSession spark) {
    return spark.table(LineageTable.EDGES.tableName()).collectAsList().stream()
        .map(new RowCodec<>(EdgeRow.class)::record)
        .toList();
  }
}
