package io.qtrace.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * Compares the source's content columns and the functions with what PyTorch says of the elements:
 * {@code formats/content.py}.
 */
final class TorchContent {
  private static final String QUERY =
      """
      SELECT *, tensor_md5(path, name) AS md5, tensor_fingerprint(path, name) AS same_fingerprint,
        tensor_stats(path, name) AS stats, tensor_values(path, name) AS all_values,
        tensor_slice(path, name, 1, 3) AS slice, tensor_histogram(path, name, 5) AS histogram
      FROM content WHERE skipped_reason IS NULL
      """;

  private TorchContent() {}

  /**
   * Compares all tensors of a file.
   *
   * @param spark has the functions
   * @param expected facts by name
   */
  static void require(SparkSession spark, String file, JsonNode expected) {
    spark
        .read()
        .format("qtrace")
        .option("unwrap", "false") // full names, as in PyTorch
        .load(file)
        .createOrReplaceTempView("content");
    Map<String, Row> rows = new HashMap<>();
    for (Row row : spark.sql(QUERY).collectAsList()) {
      rows.put(row.getAs("name"), row);
    }
    assertThat(rows.keySet()).as(file).containsExactlyInAnyOrderElementsOf(names(expected));
    for (Map.Entry<String, JsonNode> tensor : expected.properties()) {
      require(tensor.getKey(), rows.get(tensor.getKey()), tensor.getValue());
    }
  }

  /** MD5 of little-endian float64, with one bit pattern for NaN: the fact {@code float64}. */
  static String md5(List<Double> values) {
    ByteBuffer bytes =
        ByteBuffer.allocate(values.size() * Double.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    values.forEach(value -> bytes.putLong(Double.doubleToLongBits(value)));
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("MD5").digest(bytes.array()));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  private static List<String> names(JsonNode expected) {
    return expected.properties().stream().map(Map.Entry::getKey).toList();
  }

  private static void require(String name, Row row, JsonNode facts) {
    String md5 = facts.get("md5").asText();
    assertThat(row.<String>getAs("md5")).as(name).isEqualTo(md5);
    assertThat(row.<String>getAs("md5_16")).as(name).isEqualTo(md5.substring(0, 16));
    assertThat(row.<String>getAs("fingerprint"))
        .as(name)
        .startsWith("x1:")
        .isEqualTo(row.getAs("same_fingerprint"));
    requireStats(name, row, facts);
    requireStats(name, row.getStruct(row.fieldIndex("stats")), facts);
    List<Double> values = row.getList(row.fieldIndex("all_values"));
    assertThat(md5(values)).as(name).isEqualTo(facts.get("float64").asText());
    if (facts.has("values")) {
      requireNumbers(name, row.getList(row.fieldIndex("values")), facts.get("values"), 0);
    } else {
      assertThat(row.isNullAt(row.fieldIndex("values"))).as(name).isTrue();
    }
    requireNumbers(name, row.getList(row.fieldIndex("slice")), facts.get("slice"), 0);
    requireHistogram(name, row.getList(row.fieldIndex("histogram")), facts.get("histogram"));
  }

  private static void requireStats(String name, Row row, JsonNode facts) {
    assertThat(row.<Long>getAs("nan_count")).as(name).isEqualTo(facts.get("nan").asLong());
    assertThat(row.<Long>getAs("inf_count")).as(name).isEqualTo(facts.get("inf").asLong());
    assertThat(row.<Long>getAs("zero_count")).as(name).isEqualTo(facts.get("zeros").asLong());
    for (String column : List.of("min", "max", "mean", "std")) {
      Double found = row.getAs(column);
      if (facts.has(column)) {
        double tolerance = column.equals("mean") || column.equals("std") ? 1e-12 : 0;
        requireNumber(name + " " + column, found, facts.get(column), tolerance);
      } else {
        assertThat(found).as(name + " " + column).isNull();
      }
    }
  }

  private static void requireHistogram(String name, List<Row> buckets, JsonNode expected) {
    List<Double> edges = new ArrayList<>();
    List<Long> counts = new ArrayList<>();
    for (Row bucket : buckets) {
      assertThat(edges.isEmpty() || bucket.getDouble(0) == edges.get(edges.size() - 1)).isTrue();
      if (edges.isEmpty()) {
        edges.add(bucket.getDouble(0));
      }
      edges.add(bucket.getDouble(1));
      counts.add(bucket.getLong(2));
    }
    requireNumbers(name + " edges", edges, expected.get("edges"), 0);
    assertThat(counts).as(name).hasToString(expected.get("counts").toString().replace(",", ", "));
  }

  private static void requireNumbers(
      String what, List<Double> found, JsonNode expected, double tolerance) {
    assertThat(found).as(what).hasSize(expected.size());
    for (int i = 0; i < found.size(); i++) {
      requireNumber(what + " " + i, found.get(i), expected.get(i), tolerance);
    }
  }

  private static void requireNumber(String what, Double found, JsonNode text, double tolerance) {
    double expected = Double.parseDouble(text.asText());
    if (Double.isFinite(expected)) {
      assertThat(found).as(what).isCloseTo(expected, within(tolerance * (1 + Math.abs(expected))));
    } else {
      assertThat(found).as(what).isEqualTo(Double.valueOf(expected));
    }
  }
}
