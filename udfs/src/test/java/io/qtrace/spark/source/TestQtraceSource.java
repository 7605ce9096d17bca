package io.qtrace.spark.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.qtrace.format.SafetensorsFiles;
import java.io.File;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.execution.datasources.v2.BatchScanExec;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TestQtraceSource {
  private static final String FORMATS = "src/test/resources/formats/";

  private static final long HEADER_BYTES = 8 + 0x448;
  private static final long DATA_BYTES = 4044 - HEADER_BYTES;

  private static SparkSession spark;
  @TempDir private Path folder;

  @BeforeAll
  static void startSpark() {
    spark =
        SparkSession.builder()
            .master("local[1]")
            .config("spark.ui.enabled", false)
            .config("spark.sql.shuffle.partitions", 1)
            .getOrCreate();
  }

  @AfterAll
  static void stopSpark() {
    spark.stop();
  }

  @Test
  void givesOneRowPerTensor() {
    Row row =
        load(FORMATS + "dtypes.safetensors").where("name = 't.bfloat16'").collectAsList().get(0);

    assertThat(row.schema().fieldNames())
        .containsExactly(
            "path",
            "format",
            "name",
            "dtype",
            "shape",
            "stride",
            "offset",
            "bytes",
            "storage_file",
            "storage_key",
            "storage_position",
            "crc32",
            "category",
            "layer",
            "elements",
            "skipped_reason",
            "fingerprint",
            "md5_16",
            "min",
            "max",
            "mean",
            "std",
            "nan_count",
            "inf_count",
            "zero_count",
            "values");
    assertThat(row.<String>getAs("path")).endsWith("/formats/dtypes.safetensors");
    assertThat(row.<String>getAs("storage_file")).isEqualTo(row.getAs("path"));
    assertThat(row.<String>getAs("format")).isEqualTo("safetensors");
    assertThat(row.<String>getAs("dtype")).isEqualTo("bfloat16");
    assertThat(row.<Long>getList(row.fieldIndex("shape"))).containsExactly(6L, 10L);
    assertThat(row.<Long>getList(row.fieldIndex("stride"))).containsExactly(10L, 1L);
    assertThat(row.<Long>getAs("offset")).isZero();
    assertThat(row.<Long>getAs("bytes")).isEqualTo(120L);
    assertThat(row.<String>getAs("storage_key")).isEqualTo("t.bfloat16");
    assertThat(row.<Long>getAs("storage_position")).isBetween(1100L, 4044L);
    assertThat(row.isNullAt(row.fieldIndex("crc32"))).isTrue();
    assertThat(row.<String>getAs("category")).isEqualTo("other");
    assertThat(row.<String>getAs("layer")).isEqualTo("t");
    assertThat(row.<Long>getAs("elements")).isEqualTo(60L);
    assertThat(row.isNullAt(row.fieldIndex("skipped_reason"))).isTrue();
  }

  @Test
  void readsAllFilesOfAGlob() {
    assertThat(load(FORMATS + "*.safetensors").count()).isEqualTo(15);
  }

  @Test
  void readsSeveralPaths() throws Exception {
    String one = SafetensorsFiles.write(folder.resolve("one"), "a").toString();
    String two = SafetensorsFiles.write(folder.resolve("two%41 é"), "b").toString();

    assertThat(names(spark.read().format("qtrace").load(one, two))).containsExactly("a", "b");
  }

  @Test
  void readsOnlyTheColumnsOfTheQuery() {
    Dataset<Row> names = load(FORMATS + "dtypes.safetensors").select("name", "bytes");

    assertThat(scan(names).scan().readSchema().fieldNames()).containsExactly("name", "bytes");
    assertThat(names.selectExpr("sum(bytes)").first().getLong(0)).isEqualTo(DATA_BYTES);
  }

  @Test
  void unwrapsTrainerFilesByDefault() throws Exception {
    String file =
        SafetensorsFiles.write(
                folder.resolve("trainer"), "model_state_dict.a", "optimizer.a", "epoch")
            .toString();

    assertThat(names(load(file))).containsExactly("a");
    assertThat(names(spark.read().format("qtrace").option("unwrap", "false").load(file)))
        .containsExactly("model_state_dict.a", "optimizer.a", "epoch");
  }

  @Test
  void readsWithinTheLimitsOfItsOptions() {
    Dataset<Row> limited =
        spark
            .read()
            .format("qtrace")
            .option("qtrace.limits.opcodes", "10")
            .load(FORMATS + "dtypes.pt");
    assertThatThrownBy(limited::collectAsList)
        .hasStackTraceContaining("more than 10 opcodes (limit opcodes)");
  }

  @Test
  void readsShardedCheckpoints() throws Exception {
    Path one = SafetensorsFiles.write(folder.resolve("1.safetensors"), "a");
    Path two = SafetensorsFiles.write(folder.resolve("2.safetensors"), "b");
    Path index =
        Files.writeString(
            folder.resolve("model.index.json"),
            "{\"weight_map\":{\"b\":\"2.safetensors\",\"a\":\"1.safetensors\"}}");

    assertThat(load(index.toString()).select("name", "format", "storage_file").collectAsList())
        .extracting(
            row -> row.get(0), row -> row.get(1), row -> new File(row.getString(2)).getName())
        .containsExactly(
            tuple("a", "sharded-safetensors", one.getFileName().toString()),
            tuple("b", "sharded-safetensors", two.getFileName().toString()));
  }

  @Test
  void reportsTheBytesItRead() {
    Dataset<Row> names = load(FORMATS + "dtypes.safetensors").select("name");
    BatchScanExec scan = scan(names);
    names.collectAsList();

    assertThat(scan.metrics().apply("bytesRead").value())
        .isEqualTo(HEADER_BYTES + DATA_BYTES); // all of so small a file, at once
  }

  @Test
  void passesOptionsToTheFileSystemsOfDriverAndExecutors() throws Exception {
    Path file = SafetensorsFiles.write(folder.resolve("one"), "a");
    Dataset<Row> rows =
        spark
            .read()
            .format("qtrace")
            .option("fs.probe.impl", ProbeFileSystem.class.getName())
            .option("fs.probe.impl.disable.cache", "true")
            .load("probe://" + file);

    assertThat(names(rows)).containsExactly("a");
    assertThat(rows.select("path").first().getString(0)).isEqualTo("probe://" + file);
  }

  /** Local files under a scheme that only the read's own options know. */
  public static final class ProbeFileSystem extends RawLocalFileSystem {
    @Override
    public URI getUri() {
      return URI.create("probe:///");
    }
  }

  @Test
  void servesSqlThroughATemporaryView() {
    spark.sql(
        "CREATE OR REPLACE TEMPORARY VIEW tensors USING qtrace OPTIONS (path '%s')"
            .formatted(FORMATS + "*.safetensors"));

    assertThat(spark.sql("SELECT count(*) FROM tensors").first().getLong(0)).isEqualTo(15);
  }

  @Test
  void failsNamingTheFileAndTheFault() throws Exception {
    Path file = Files.writeString(folder.resolve("notes.txt"), "hello");

    assertThatThrownBy(() -> load(file.toString()).count())
        .hasStackTraceContaining(
            "notes.txt: at byte 0: Unsupported file: it is of no known format");
  }

  @Test
  void refusesPathsWithoutFiles() {
    assertThatThrownBy(() -> load(folder + "/*.pt").count())
        .hasStackTraceContaining("Cannot find checkpoints: " + folder + "/*.pt");
    assertThatThrownBy(() -> load(folder.toString()).count())
        .hasStackTraceContaining("expected a file, or a glob that matches files");
    assertThatThrownBy(() -> spark.read().format("qtrace").load().count())
        .hasStackTraceContaining("Invalid option path: none, expected a file or glob");
  }

  private static Dataset<Row> load(String path) {
    return spark.read().format("qtrace").load(path);
  }

  private static List<String> names(Dataset<Row> rows) {
    return rows.select("name").collectAsList().stream().map(row -> row.getString(0)).toList();
  }

  private static BatchScanExec scan(Dataset<Row> rows) {
    return (BatchScanExec)
        ((org.apache.spark.sql.classic.Dataset<Row>) rows)
            .queryExecution()
            .executedPlan()
            .collectLeaves()
            .head();
  }
}
