package io.qtrace.spark;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.qtrace.format.FormatFixtures;
import io.qtrace.spark.functions.QtraceExtensions;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Columns, functions and elements of every format against PyTorch. */
@Tag("archive")
class TestTorchContent {
  private static SparkSession spark;
  private static JsonNode expected;

  @BeforeAll
  static void startSpark() {
    spark =
        SparkSession.builder()
            .master("local[1]")
            .config("spark.ui.enabled", false)
            .config("spark.sql.shuffle.partitions", 1)
            .config("spark.sql.extensions", QtraceExtensions.class.getName())
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
  void columnsAndFunctionsAreWhatPyTorchSays(String file) {
    TorchContent.require(spark, FormatFixtures.file(file).toString(), expected.get(file));
  }

  @ParameterizedTest
  @MethodSource("files")
  void elementsAreThoseOfPyTorch(String file) {
    Dataset<Row> all = spark.sql("SELECT '' AS name, 0L AS index, 0D AS value WHERE false");
    for (Map.Entry<String, JsonNode> tensor : expected.get(file).properties()) {
      all =
          all.union(
              spark
                  .read()
                  .format("qtrace")
                  .option("elements", tensor.getKey())
                  .load(FormatFixtures.file(file).toString())
                  .select(
                      functions.lit(tensor.getKey()),
                      functions.col("index"),
                      functions.col("value")));
    }
    List<Row> rows = all.collectAsList();
    for (Map.Entry<String, JsonNode> tensor : expected.get(file).properties()) {
      List<Row> own = rows.stream().filter(row -> row.get(0).equals(tensor.getKey())).toList();
      for (int i = 0; i < own.size(); i++) {
        assertThat(own.get(i).getLong(1)).isEqualTo(i);
      }
      assertThat(TorchContent.md5(own.stream().map(row -> row.getDouble(2)).toList()))
          .as(tensor.getKey())
          .isEqualTo(tensor.getValue().get("float64").asText());
    }
  }
}
