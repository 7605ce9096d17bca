package io.qtrace.job.lineage;

import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.job.LocalSpark;
import io.qtrace.job.judge.EdgeCounts;
import io.qtrace.job.judge.EdgeEnds;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TestLineageStore {
  @TempDir private Path warehouse;

  @Test
  void tablesOfAnOlderQtraceGetTheColumnsThatTheyLack() {
    SparkSession spark = LocalSpark.session(warehouse);
    LineageStore store = new LineageStore(spark);
    store.create();
    String edges = LineageTable.EDGES.tableName();
    spark.sql("ALTER TABLE %s DROP COLUMN rules_hash".formatted(edges));
    spark.sql("ALTER TABLE %s DROP COLUMN lut_trained".formatted(edges));
    spark.sql("ALTER TABLE %s DROP COLUMN findings.element.waived_reason".formatted(edges));
    spark.sql(
        """
        INSERT INTO %s (audit_id, parent_id, child_id, parent_path, child_path, kind, identical,
          equal, changed, reshaped, added,
          removed, q_buffers, q_changed, lut_layers, policy_version)
        VALUES ('old', 'p', 'c', 'p.pt', 'c.pt', 'train', 1, 0, 0, 0, 0, 0, 2, 0, 0, 1)
        """
            .formatted(edges));

    store.create();
    EdgeRow old = rows(spark).get(0);
    assertThat(old.quantized().qBuffers()).isEqualTo(2);
    assertThat(old.luts().lutTrained()).isZero();
    assertThat(old.rules().rulesHash()).isNull();
    EdgeRow fresh =
        new EdgeRow(
            "new",
            new EdgeEnds("p", "c", "p.pt", "c.pt"),
            "train",
            List.of(),
            "VIOLATION",
            new EdgeCounts.ByStatus(1, 0, 0, 0, 0, 0),
            new EdgeCounts.Quantized(2, 0),
            new EdgeCounts.Luts(0, 1),
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

  private static List<EdgeRow> rows(SparkSession spark) {
    return spark.table(LineageTable.EDGES.tableName()).collectAsList().stream()
        .map(new RowCodec<>(EdgeRow.class)::record)
        .toList();
  }
}
