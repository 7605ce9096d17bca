package io.qtrace.spark.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.qtrace.format.FormatFixtures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Columns of the elements against what PyTorch says ({@code content.py}). */
class TestTensorContent {
  private static final String SAMPLE = "debug_lut_training/checkpoint_step20.pt";

  private static SparkSession spark;
  private static JsonNode expected;
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

  static List<String> files() throws IOException {
    expected = FormatFixtures.content();
    return expected.properties().stream().map(Map.Entry::getKey).toList();
  }

  @ParameterizedTest
  @MethodSource("files")
  void isWhatPyTorchSays(String file) {
    Map<String, Row> rows = new HashMap<>();
    for (Row row : load(path(file)).where("skipped_reason IS NULL").collectAsList()) {
      rows.put(row.getAs("name"), row);
    }
    JsonNode tensors = expected.get(file);
    assertThat(rows.keySet()).containsAll(tensors::fieldNames);
    for (Map.Entry<String, JsonNode> tensor : tensors.properties()) {
      requireContent(tensor.getKey(), rows.get(tensor.getKey()), tensor.getValue());
    }
  }

  private static void requireContent(String name, Row row, JsonNode facts) {
    assertThat(row.<String>getAs("md5_16"))
        .as(name)
        .isEqualTo(facts.get("md5").asText().substring(0, 16));
    assertThat(row.<Long>getAs("nan_count")).as(name).isEqualTo(facts.get("nan").asLong());
    assertThat(row.<Long>getAs("inf_count")).as(name).isEqualTo(facts.get("inf").asLong());
    assertThat(row.<Long>getAs("zero_count")).as(name).isEqualTo(facts.get("zeros").asLong());
    for (String column : List.of("min", "max", "mean", "std")) {
      Double found = row.getAs(column);
      if (!facts.has(column)) {
        assertThat(found).as(name + " " + column).isNull();
      } else {
        double number = Double.parseDouble(facts.get(column).asText());
        double tolerance = column.startsWith("m") && !column.equals("mean") ? 0 : 1e-12;
        requireNumber(name + " " + column, found, number, tolerance * (1 + Math.abs(number)));
      }
    }
    List<Double> values = row.isNullAt(row.fieldIndex("values")) ? null : doubles(row);
    if (facts.has("values")) {
      assertThat(values).as(name).hasSize(facts.get("values").size());
      for (int i = 0; i < values.size(); i++) {
        requireNumber(
            name + i, values.get(i), Double.parseDouble(facts.get("values").get(i).asText()), 0);
      }
    } else {
      assertThat(values).as(name).isNull();
    }
  }

  private static void requireNumber(String what, Double found, double expected, double tolerance) {
    if (Double.isFinite(expected)) {
      assertThat(found).as(what).isCloseTo(expected, within(tolerance));
    } else {
      assertThat(found).as(what).isEqualTo(Double.valueOf(expected));
    }
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
    byte[] bytes = Files.readAllBytes(Path.of(path(SAMPLE)));
    bytes[bytes.length / 2] ^= 1;
    Path damaged = Files.write(folder.resolve("damaged.pt"), bytes);

    assertThat(load(damaged.toString()).selectExpr("sum(bytes)").first().getLong(0)).isPositive();
    assertThatThrownBy(() -> load(damaged.toString()).selectExpr("max(mean)").collectAsList())
        .hasStackTraceContaining("damaged.pt")
        .hasStackTraceContaining("Invalid CRC-32 of storage");
  }

  private static String path(String file) {
    return file.equals(SAMPLE)
        ? "../job/src/sample/archive/runs/" + file
        : FormatFixtures.file(file).toString();
  }

  // All tensors under their full names, as content.json has them.
  private static Dataset<Row> load(String path) {
    return spark.read().format("qtrace").option("unwrap", "false").load(path);
  }

  private static List<Double> doubles(Row row) {
    return row.getList(row.fieldIndex("values"));
  }
}
