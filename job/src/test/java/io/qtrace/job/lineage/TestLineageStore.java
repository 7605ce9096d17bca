package io.qtrace.job.lineage;

import static org.apache.spark.sql.functions.lit;
import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.job.LocalSpark;
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
        INSERT INTO %s (audit_id, parent_id, child_id, kind, identical, equal, changed, reshaped, added,
          removed, q_buffers, q_changed, lut_layers, policy_version)
        VALUES ('old', 'p', 'c', 'train', 1, 0, 0, 0, 0, 0, 2, 0, 0, 1)
        """
            .formatted(edges));

    store.create();
    EdgeRow old =
        store.read(LineageTable.EDGES, EdgeRow.class, lit(true)).stream().findFirst().orElseThrow();
    assertThat(old.qBuffers()).isEqualTo(2);
    assertThat(old.lutTrained()).isZero();
    assertThat(old.rulesHash()).isNull();
    EdgeRow fresh =
        new EdgeRow(
            "new",
            "p",
            "c",
            "p.pt",
            "c.pt",
            "train",
            List.of(),
            "VIOLATION",
            1,
            0,
            0,
            0,
            0,
            0,
            2,
            0,
            0,
            1,
            List.of(new FindingRow("q-never", 1, "a", "text", "known", "2027-01-31")),
            List.of(),
            1,
            "hash",
            "rules");
    store.replace(LineageTable.EDGES, EdgeRow.class, "new", List.of(fresh));
    assertThat(store.read(LineageTable.EDGES, EdgeRow.class, lit(true))).contains(fresh, old);
    assertThat(MissingColumns.of(spark.table(edges).schema(), LineageTable.EDGES.schema()))
        .isEmpty();
  }
}
