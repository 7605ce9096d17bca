package io.qtrace.spark.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.qtrace.format.FormatFixtures;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Columns of the elements, next to what {@code TestTorchContent} compares with PyTorch. */
class TestTensorContent {
  private static final Path SAMPLE =
      Path.of("../job/src/sample/archive/runs/debug_lut_training/checkpoint_step20.pt");

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
  void equalBytesHaveOneFingerprintInEveryFormat() {
    String[] fingerprints =
        load("src/test/resources/formats/dtypes.*")
            .where("name = 't.bfloat16'")
            .select("fingerprint")
            .collectAsList()
            .stream()
            .map(row -> row.getString(0))
            .toArray(String[]::new);

    assertThat(fingerprints).hasSize(2);
    assertThat(fingerprints[0]).isEqualTo(fingerprints[1]).startsWith("x1:");
  }

  @Test
  void valuesOfLargerTensorsAreGivenOnDemand() {
    String file = path("special.pt");
    String large = "name = 'special.large'";

    assertThat(load(file).where(large).select("values").first().isNullAt(0)).isTrue();
    Row row =
        spark
            .read()
            .format("qtrace")
            .option("maxValues", 40000)
            .load(file)
            .where(large)
            .selectExpr("values[0]", "values[39999]", "size(values)")
            .first();
    assertThat(row.getDouble(0)).isEqualTo(0);
    assertThat(row.getDouble(1)).isEqualTo(39999 % 251);
    assertThat(row.getInt(2)).isEqualTo(40000);
    assertThatThrownBy(
            () -> spark.read().format("qtrace").option("maxValues", -1).load(file).count())
        .hasStackTraceContaining("Invalid option maxValues: -1, expected 0 to 1048576");
  }

  @Test
  void tensorsThatCannotBeReadAreRowsWithTheReason() {
    Row row = load(path("special.pt")).where("dtype IS NULL").first();

    assertThat(row.<String>getAs("name")).isEqualTo("special.sparse");
    assertThat(row.<String>getAs("category")).isEqualTo("other");
    assertThat(row.<String>getAs("layer")).isEqualTo("special");
    assertThat(row.<String>getAs("skipped_reason")).isEqualTo("sparse tensor");
    for (String column : List.of("shape", "bytes", "elements", "fingerprint", "min", "values")) {
      assertThat(row.isNullAt(row.fieldIndex(column))).as(column).isTrue();
    }
  }

  @Test
  void damagedElementsAreAnErrorThatNamesTheFile() throws Exception {
    byte[] bytes = Files.readAllBytes(SAMPLE);
    bytes[bytes.length / 2] ^= 1;
    Path damaged = Files.write(folder.resolve("damaged.pt"), bytes);

    assertThat(load(damaged.toString()).selectExpr("sum(bytes)").first().getLong(0)).isPositive();
    assertThatThrownBy(() -> load(damaged.toString()).selectExpr("max(mean)").collectAsList())
        .hasStackTraceContaining("damaged.pt")
        .hasStackTraceContaining("Invalid CRC-32 of storage");
  }

  private static String path(String file) {
    return FormatFixtures.file(file).toString();
  }

  private static Dataset<Row> load(String path) {
    return spark.read().format("qtrace").load(path);
  }
}
