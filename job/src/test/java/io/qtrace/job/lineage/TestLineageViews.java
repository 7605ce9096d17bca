package io.qtrace.job.lineage;

import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.job.LocalSpark;
import java.nio.file.Path;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TestLineageViews {
  @TempDir private Path warehouse;

  @Test
  void haveTheseColumns() {
    SparkSession spark = LocalSpark.session(warehouse);
    new LineageStore(spark).create();

    assertThat(columns(spark, LineageView.LATEST_AUDIT))
        .startsWith("audit_id", "archive", "started", "finished")
        .doesNotContain("report");
    assertThat(columns(spark, LineageView.LATEST_EDGES))
        .startsWith("archive", "audit_id", "parent_id", "child_id", "parent_path", "child_path")
        .contains("kind", "verdict", "findings");
    assertThat(columns(spark, LineageView.OPEN_VIOLATIONS))
        .containsExactly(
            "archive",
            "parent_path",
            "child_path",
            "kind",
            "rule",
            "tensors",
            "example",
            "message");
    assertThat(columns(spark, LineageView.RUN_SUMMARY))
        .containsExactly(
            "archive",
            "run",
            "checkpoints",
            "kinds",
            "violations",
            "q_changed",
            "lut_trained",
            "last_step",
            "first_modified",
            "last_modified");
    assertThat(columns(spark, LineageView.Q_HISTORY))
        .containsExactly(
            "archive",
            "layer",
            "parent_path",
            "child_path",
            "kind",
            "step",
            "modified",
            "status",
            "cause",
            "proof",
            "residual",
            "drift",
            "fingerprint");
    assertThat(columns(spark, LineageView.BAKE_DRIFT))
        .containsExactly(
            "archive", "parent_path", "child_path", "layer", "drift", "proof", "residual");
    assertThat(columns(spark, LineageView.LUT_EVOLUTION))
        .containsExactly(
            "archive",
            "parent_path",
            "child_path",
            "kind",
            "step",
            "modified",
            "layer",
            "lut",
            "deltas",
            "lut_moved",
            "deltas_moved");
    assertThat(columns(spark, LineageView.LINEAGE_PATHS))
        .containsExactly(
            "archive",
            "checkpoint_id",
            "checkpoint_path",
            "ancestor_id",
            "ancestor_path",
            "depth",
            "kinds",
            "paths");
  }

  @Test
  void thoseOfAnOlderQtraceAreReplaced() {
    SparkSession spark = LocalSpark.session(warehouse);
    LineageStore store = new LineageStore(spark);
    store.create();
    for (LineageView view : LineageView.values()) {
      spark.sql(
          "CREATE OR REPLACE VIEW %s TBLPROPERTIES ('qtrace.views-version'='0') AS SELECT 1 AS old"
              .formatted(view.viewName()));
    }

    store.create();
    for (LineageView view : LineageView.values()) {
      assertThat(columns(spark, view)).doesNotContain("old");
    }
  }

  @Test
  void aCatalogWithoutViewsHasTheTables() {
    SparkSession spark = LocalSpark.session();
    spark.conf().set("spark.sql.catalog.lineage", "org.apache.iceberg.spark.SparkCatalog");
    spark.conf().set("spark.sql.catalog.lineage.type", "hadoop");
    spark.conf().set("spark.sql.catalog.lineage.warehouse", warehouse.toString());
    new LineageStore(spark).create();

    assertThat(spark.table(LineageTable.EDGES.tableName()).count()).isZero();
  }

  private static String[] columns(SparkSession spark, LineageView view) {
    return spark.table(view.viewName()).columns();
  }
}
