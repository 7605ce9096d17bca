package io.qtrace.spark.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.qtrace.format.SafetensorsFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.streaming.DataStreamReader;
import org.apache.spark.sql.streaming.StreamingQuery;
import org.apache.spark.sql.streaming.Trigger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Queries that read the checkpoints which are new since they ran last, and end. */
class TestCheckpointStream {
  private static SparkSession spark;
  @TempDir private Path folder;
  private Path runs;

  @BeforeAll
  static void startSpark() {
    spark =
        SparkSession.builder()
            .master("local[1]")
            .config("spark.ui.enabled", false)
            .config("spark.sql.shuffle.partitions", 1)
            .config("spark.sql.catalog.qtrace", QtraceCatalog.class.getName())
            .getOrCreate();
  }

  @AfterAll
  static void stopSpark() {
    spark.stop();
  }

  @BeforeEach
  void makeRuns() throws IOException {
    runs = Files.createDirectory(folder.resolve("runs"));
  }

  @Test
  void readEachFileOnceAcrossRestarts() throws Exception {
    assertThat(batches(names())).isZero();

    write("b.safetensors", 1, "b1", "b2");
    write("a.safetensors", 2, "a1");
    assertThat(batches(names())).isEqualTo(1);
    assertThat(written()).containsExactlyInAnyOrder("b1", "b2", "a1");

    write("c.safetensors", 1, "c1");
    assertThat(batches(names())).isEqualTo(1);
    assertThat(batches(names())).isZero();
    assertThat(written()).containsExactlyInAnyOrder("b1", "b2", "a1", "c1");

    write("a.safetensors", 3, "a2");
    assertThat(batches(names())).isEqualTo(1);
    assertThat(written()).containsExactlyInAnyOrder("b1", "b2", "a1", "c1", "a2");
  }

  @Test
  void continueWhereAFileFailedOnceItIsReplacedOrRemoved() throws Exception {
    Files.setLastModifiedTime(
        Files.writeString(runs.resolve("a.safetensors"), "hello"), FileTime.fromMillis(1));
    Files.writeString(runs.resolve("b.safetensors"), "hello");
    assertThatThrownBy(() -> batches(names()))
        .hasStackTraceContaining(
            "a.safetensors: at byte 0: Invalid file: 5 bytes, expected 8 or more");
    assertThat(written()).isEmpty();

    write("a.safetensors", 2, "a1");
    Files.delete(runs.resolve("b.safetensors"));
    batches(names());
    assertThat(written()).containsExactly("a1");
  }

  @Test
  void takeOldFilesFirstAsManyAsABatchMayHave() throws Exception {
    for (int i = 0; i < 5; i++) {
      write(i + ".safetensors", 10 - i, "t" + i);
    }
    StreamingQuery query = few(2);

    assertThat(query.recentProgress()).hasSize(3);
    assertThat(spark.sql("SELECT name FROM few").collectAsList())
        .extracting(row -> row.getString(0))
        .containsExactly("t4", "t3", "t2", "t1", "t0");
    assertThatThrownBy(() -> few(0))
        .hasStackTraceContaining("Invalid option maxFilesPerTrigger: 0, expected 1 or more");
  }

  private StreamingQuery few(int files) throws Exception {
    StreamingQuery query =
        load(stream().schema("name STRING").option("maxFilesPerTrigger", files))
            .writeStream()
            .format("memory")
            .queryName("few")
            .trigger(now())
            .start();
    query.awaitTermination();
    return query;
  }

  @Test
  void haveContentsAndPassConditions() throws Exception {
    write("a.safetensors", 1, "a.lut", "a._Q");
    Dataset<Row> luts =
        spark
            .readStream()
            .table("qtrace.`%s/*`".formatted(runs))
            .where("category = 'lut'")
            .select("name", "values");
    luts.writeStream().format("memory").queryName("luts").trigger(now()).start().awaitTermination();

    assertThat(spark.sql("SELECT name, values[0] FROM luts").collectAsList())
        .extracting(Row::mkString)
        .containsExactly("a.lut0.0");
  }

  @Test
  void computeOnlyTheColumnsOfTheirSchema() {
    Dataset<Row> some = load(stream().schema("path STRING, values ARRAY<DOUBLE>"));

    assertThat(some.isStreaming()).isTrue();
    assertThat(some.columns()).containsExactly("path", "values");
    assertThatThrownBy(() -> load(stream().schema("name STRING, size INT")))
        .hasStackTraceContaining("Invalid column: 'size', expected one of [path, format, name,");
  }

  private static DataStreamReader stream() {
    return spark.readStream().format("qtrace");
  }

  private Dataset<Row> load(DataStreamReader reader) {
    return reader.load(runs + "/*.safetensors");
  }

  private Dataset<Row> names() {
    return load(stream().schema("path STRING, name STRING"));
  }

  // Runs a query until it has read what there is; those that wrote rows.
  private long batches(Dataset<Row> rows) throws Exception {
    StreamingQuery query =
        rows.writeStream()
            .format("parquet")
            .option("checkpointLocation", folder.resolve("checkpoint").toString())
            .trigger(now())
            .start(folder.resolve("out").toString());
    query.awaitTermination();
    return Arrays.stream(query.recentProgress()).filter(batch -> batch.numInputRows() > 0).count();
  }

  private static Trigger now() {
    return Trigger.AvailableNow();
  }

  private List<String> written() {
    return spark
        .read()
        .schema("name STRING")
        .parquet(folder.resolve("out").toString())
        .collectAsList()
        .stream()
        .map(row -> row.getString(0))
        .toList();
  }

  private void write(String file, int second, String... names) throws IOException {
    Files.setLastModifiedTime(
        SafetensorsFiles.write(runs.resolve(file), names), FileTime.fromMillis(second * 1000L));
  }
}
