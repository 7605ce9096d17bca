package io.qtrace.spark.functions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.qtrace.format.FormatFixtures;
import io.qtrace.format.SafetensorsFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.execution.SparkPlan;
import org.apache.spark.sql.execution.datasources.v2.BatchScanExec;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The elements of a tensor as rows. */
class TestElements {
  private static final String RUNS = "../job/src/sample/archive/runs/";
  private static final String SAMPLE = RUNS + "debug_lut_training/checkpoint_step20.pt";
  private static final String DRIFTED = RUNS + "bug_q_drift/checkpoint_step20.pt";
  private static final String LUT = "model.layers.0.self_attn.q_proj.lut";
  private static final int LARGE_BYTES = 16 << 20;

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
            .config("spark.sql.extensions", QtraceExtensions.class.getName())
            .getOrCreate();
  }

  @AfterAll
  static void stopSpark() {
    spark.stop();
  }

  @Test
  void areRowsOfIndexAndValue() {
    assertThat(elements(FormatFixtures.file("special.pt"), "special.float32").collectAsList())
        .containsExactly(
            RowFactory.create(0L, 0.0),
            RowFactory.create(1L, -0.0),
            RowFactory.create(2L, 1.5),
            RowFactory.create(3L, Double.POSITIVE_INFINITY),
            RowFactory.create(4L, -2.0),
            RowFactory.create(5L, Double.NaN),
            RowFactory.create(6L, Double.NEGATIVE_INFINITY),
            RowFactory.create(7L, 0.25));
  }

  @Test
  void needNoExtension() {
    Dataset<Row> rows = spark.read().format("qtrace").option("elements", LUT).load(SAMPLE);

    assertThat(rows.columns()).containsExactly("index", "value");
    assertThat(rows.collectAsList()).isEqualTo(elements(Path.of(SAMPLE), LUT).collectAsList());
    assertThatThrownBy(
            () ->
                spark.read().format("qtrace").option("elements", LUT).load(SAMPLE, DRIFTED).count())
        .hasStackTraceContaining("expected one file, to read elements");
  }

  @Test
  void serveASessionThatRegistersTheFunctions() {
    SparkSession plain = spark.newSession();
    plain.sql("DROP TEMPORARY FUNCTION IF EXISTS qtrace_elements");
    QtraceFunctions.register(plain);

    assertThat(plain.sql(query(Path.of(SAMPLE), LUT)).count()).isEqualTo(16);
  }

  @Test
  void ofTwoCheckpointsCanBeJoined() {
    String name = "model.layers.0.self_attn.o_proj._Q";
    String query =
        "SELECT min(index), count(*) FROM (%s) AS l JOIN (%s) AS r USING (index) WHERE l.value <> r.value";

    assertThat(
            spark
                .sql(query.formatted(query(Path.of(SAMPLE), name), query(Path.of(DRIFTED), name)))
                .first())
        .isEqualTo(RowFactory.create(0L, 5L));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "index = 3",
        "index <=> 3",
        "index >= 5 AND index < 9",
        "index > 5 AND 9 >= index",
        "index BETWEEN 14 AND 20",
        "index > 9223372036854775806",
        "index <= 9223372036854775807",
        "index = 9223372036854775807",
        "index >= -9223372036854775808",
        "index <= -9223372036854775808",
        "index > 3 AND index < 3",
        "index IS NOT NULL AND index < 2",
        "index IN (1, 5)",
        "index = 1 OR index > 13",
        "index % 2 = 0 AND index < 5",
        "value > 0.5 AND index < 12",
        "value = -0.75"
      })
  void conditionsAreThoseOfSpark(String condition) {
    Dataset<Row> elements = elements(Path.of(SAMPLE), LUT);
    Dataset<Row> bySpark = spark.createDataFrame(elements.collectAsList(), elements.schema());

    assertThat(elements.where(condition).collectAsList())
        .isEqualTo(bySpark.where(condition).collectAsList());
  }

  @Test
  void rangesAndLimitsReadNothingElse() throws IOException {
    Dataset<Row> elements = elements(large(), "t0");
    Dataset<Row> some = elements.where("index BETWEEN 1000000 AND 1000009");
    Dataset<Row> few = elements.where("index > 77").select("value").limit(3);

    assertThat(execution(some).toString())
        .contains("index: from 1000000 before 1000010")
        .doesNotContain("Filter (");
    assertThat(some.collectAsList()).hasSize(10).contains(RowFactory.create(1000009L, 0.0));
    assertThat(bytesRead(some)).isEqualTo(10 * 4);
    assertThat(execution(few).toString()).contains("index: from 78 before 81");
    assertThat(few.collectAsList()).hasSize(3);
    assertThat(bytesRead(few)).isEqualTo(3 * 4);
  }

  @Test
  void largeTensorsAreReadByManyTasks() throws IOException {
    spark.conf().set("spark.sql.files.maxPartitionBytes", "4m");
    long count = LARGE_BYTES / 4;
    Dataset<Row> elements = elements(large(), "t0");

    assertThat(elements.toJavaRDD().getNumPartitions()).isEqualTo(4);
    assertThat(elements.selectExpr("count(*)", "sum(index)", "max(value)").first())
        .isEqualTo(RowFactory.create(count, count * (count - 1) / 2, 0.0));
    spark.conf().unset("spark.sql.files.maxPartitionBytes");
  }

  @Test
  void ofNoTensorAreAnErrorThatNamesIt() throws IOException {
    Path special = FormatFixtures.file("special.pt");
    Path bad = Files.writeString(folder.resolve("bad.pt"), "hello");

    requireFailure(special, "a\n", "special.pt: no tensor 'a\\n'");
    requireFailure(
        special,
        "special.sparse",
        "special.pt: cannot read tensor 'special.sparse': sparse tensor");
    requireFailure(bad, "a", "bad.pt: at byte 0: Unsupported file");
    assertThat(elements(special, "special.empty").collectAsList()).isEmpty();
  }

  private static void requireFailure(Path file, String name, String message) {
    Dataset<Row> elements = elements(file, name);
    assertThatThrownBy(elements::collectAsList).hasStackTraceContaining(message);
  }

  @Test
  void areCheckedAgainstTheCrcOfTheFile() throws IOException {
    byte[] bytes = Files.readAllBytes(FormatFixtures.file("special.pt"));
    bytes[bytes.length / 2] ^= 1; // within special.large
    Path damaged = Files.write(folder.resolve("damaged.pt"), bytes);

    requireFailure(damaged, "special.large", "Invalid CRC-32 of storage");
    assertThat(elements(damaged, "special.large").where("index < 3").collectAsList()).hasSize(3);
  }

  @Test
  void haveConstantArguments() {
    assertThat(spark.sql("SELECT * FROM qtrace_elements(NULL, 'a')").collectAsList()).isEmpty();
    assertThat(spark.sql("SELECT * FROM qtrace_elements('a', NULL)").columns())
        .containsExactly("index", "value");
    assertThatThrownBy(() -> spark.sql("SELECT * FROM qtrace_elements('a')"))
        .hasStackTraceContaining("Invalid call of qtrace_elements: 1 arguments, expected 2");
    assertThatThrownBy(() -> spark.sql("SELECT * FROM qtrace_elements('a', string(rand()))"))
        .hasStackTraceContaining("Invalid call of qtrace_elements: name is not constant");
  }

  private Path large() throws IOException {
    return SafetensorsFiles.writeZeros(folder.resolve("large.safetensors"), 1, LARGE_BYTES);
  }

  private static Dataset<Row> elements(Path file, String name) {
    return spark.sql(query(file, name));
  }

  private static String query(Path file, String name) {
    return "SELECT * FROM qtrace_elements('%s', '%s')".formatted(file, name);
  }

  // Of a fresh run.
  private static long bytesRead(Dataset<Row> rows) {
    Dataset<Row> again = rows.select("*");
    again.collectAsList();
    return ((BatchScanExec) execution(again).collectLeaves().head())
        .metrics()
        .apply("bytesRead")
        .value();
  }

  private static SparkPlan execution(Dataset<Row> rows) {
    return ((org.apache.spark.sql.classic.Dataset<Row>) rows).queryExecution().executedPlan();
  }
}
