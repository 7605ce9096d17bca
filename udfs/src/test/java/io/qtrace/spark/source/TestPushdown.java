package io.qtrace.spark.source;

import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.format.Checkpoints;
import io.qtrace.format.SafetensorsFiles;
import io.qtrace.io.LocalFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.execution.SparkPlan;
import org.apache.spark.sql.execution.datasources.v2.BatchScanExec;
import org.apache.spark.sql.functions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a query does not ask for is not read. */
class TestPushdown {
  private static final String RUNS = "../job/src/sample/archive/runs/";
  private static final String TRAINED = RUNS + "debug_lut_training/checkpoint_step20.pt";

  private static SparkSession spark;
  @TempDir private Path folder;

  @BeforeAll
  static void startSpark() {
    spark =
        SparkSession.builder()
            .master("local[2]")
            .config("spark.ui.enabled", false)
            .config("spark.sql.shuffle.partitions", 1)
            .config("spark.sql.adaptive.enabled", false)
            .config("spark.sql.catalog.qtrace", QtraceCatalog.class.getName())
            .getOrCreate();
  }

  @AfterAll
  static void stopSpark() {
    spark.stop();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "category = 'lut'                               | category equal 'lut'",
        "category IN ('lut', 'q')                       | category equal ['lut', 'q']",
        "name LIKE 'model.layers.0.%'                   | name start 'model.layers.0.'",
        "name LIKE '%lut'                               | name end 'lut'",
        "name LIKE '%attn%'                             | name contain 'attn'",
        "dtype = 'int16'                                | dtype present, dtype equal 'int16'",
        "name = 'model.norm.weight' AND dtype <=> 'int8' | name equal 'model.norm.weight'"
      })
  void filtersAreTheSources(String condition, String shown) {
    Dataset<Row> filtered = load(TRAINED).where(condition).select("name");
    List<Row> all = load(TRAINED).select("name", "category", "dtype").collectAsList();
    Dataset<Row> bySpark =
        spark.createDataFrame(all, load(TRAINED).select("name", "category", "dtype").schema());

    assertThat(plan(filtered)).contains("filters: [").contains(shown).doesNotContain("Filter (");
    assertThat(filtered.collectAsList())
        .containsExactlyElementsOf(bySpark.where(condition).select("name").collectAsList());
  }

  @Test
  void otherConditionsAreSparks() {
    Dataset<Row> rows = load(TRAINED).where("bytes > 1000 AND category = 'lut'").select("name");

    assertThat(plan(rows)).contains("category equal 'lut'").contains("bytes");
    assertThat(rows.collectAsList()).isEmpty();
    assertThat(load(TRAINED).where("name = NULL OR name = 'x'").count()).isZero();
  }

  @Test
  void valuesOfLutsReadNothingElse() throws IOException {
    Dataset<Row> luts = load(TRAINED).where("category = 'lut'").select("name", "values");
    long lutBytes =
        load(TRAINED).where("category = 'lut'").selectExpr("sum(bytes)").first().getLong(0);
    int count = luts.collectAsList().size();

    assertThat(count).isEqualTo(14);
    assertThat(lutBytes).isEqualTo(14 * 16 * 4);
    // A zip member's local header, at most 128 bytes, is checked before the member is believed.
    assertThat(bytesRead(luts) - indexBytes(TRAINED)).isBetween(lutBytes, lutBytes + count * 128L);
  }

  @Test
  void onePathIsOneFile() throws IOException {
    String path = load(TRAINED).select("path").first().getString(0);
    Dataset<Row> rows =
        load(RUNS + "*/*.pt").where("path = '" + path + "'").select("name", "dtype").limit(5);

    assertThat(plan(rows)).contains("limit: 5");
    assertThat(rows.collectAsList()).hasSize(5);
    assertThat(bytesRead(rows)).isEqualTo(indexBytes(TRAINED));
  }

  @Test
  void aLimitStopsBeforeTheNextTensors() {
    Dataset<Row> some = load(TRAINED).select("name", "fingerprint").limit(2);
    Dataset<Row> all = load(TRAINED).select("name", "fingerprint");

    assertThat(some.collectAsList()).hasSize(2);
    assertThat(bytesRead(some)).isLessThan(bytesRead(all) / 2);
  }

  @Test
  void structureOfLargeFilesIsUnderOnePercentOfTheirBytes() throws IOException {
    for (int i = 0; i < 100; i++) {
      SafetensorsFiles.writeZeros(folder.resolve(i + ".safetensors"), 50, 50 << 20);
    }
    Dataset<Row> rows = load(folder + "/*.safetensors").select("name", "dtype", "shape");

    assertThat(rows.collectAsList()).hasSize(100 * 50);
    assertThat(bytesRead(rows)).isLessThan(100L * (50 << 20) / 100);
  }

  @Test
  void namesOfManyFilesAreCountedByAFewTasks() throws IOException {
    for (int i = 0; i < 1000; i++) {
      SafetensorsFiles.write(folder.resolve(i + ".safetensors"), "a", "b" + i % 3);
    }
    Dataset<Row> files = load(folder + "/*.safetensors");

    assertThat(files.select("name").toJavaRDD().getNumPartitions()).isLessThan(100);
    assertThat(files.groupBy("name").count().orderBy("name").collectAsList())
        .extracting(Row::mkString)
        .containsExactly("a1000", "b0334", "b1333", "b2333");
  }

  @Test
  void largeFilesAreReadByManyTasksEachTensorOnce() throws IOException {
    SafetensorsFiles.writeZeros(folder.resolve("one.safetensors"), 50, 60 << 20);
    spark.conf().set("spark.sql.files.maxPartitionBytes", "16m");
    Dataset<Row> rows = load(folder + "/one.safetensors").select("name", "zero_count");

    assertThat(rows.toJavaRDD().getNumPartitions()).isEqualTo(4);
    assertThat(rows.agg(functions.sum("zero_count")).first().getLong(0)).isEqualTo(60 << 18);
    spark.conf().unset("spark.sql.files.maxPartitionBytes");
  }

  @Test
  void sqlNamesPathsThroughTheCatalog() {
    String query = "SELECT name, category FROM qtrace.`%s` WHERE category = 'lut'";

    assertThat(spark.sql(query.formatted(TRAINED)).count()).isEqualTo(14);
    assertThat(spark.sql(query.formatted(RUNS + "debug_lut_training/*.pt")).count()).isEqualTo(28);
  }

  private static long indexBytes(String file) throws IOException {
    Checkpoints checkpoints = new Checkpoints(LocalFiles.STORE);
    checkpoints.index(file);
    return checkpoints.bytesRead();
  }

  private static Dataset<Row> load(String path) {
    return spark.read().format("qtrace").load(path);
  }

  private static String plan(Dataset<Row> rows) {
    return execution(rows).toString();
  }

  // Of a fresh run.
  private static long bytesRead(Dataset<Row> rows) {
    Dataset<Row> again = rows.select("*");
    again.collectAsList();
    return scan(execution(again)).metrics().apply("bytesRead").value();
  }

  private static SparkPlan execution(Dataset<Row> rows) {
    return ((org.apache.spark.sql.classic.Dataset<Row>) rows).queryExecution().executedPlan();
  }

  private static BatchScanExec scan(SparkPlan plan) {
    return (BatchScanExec) plan.collectLeaves().head();
  }
}
