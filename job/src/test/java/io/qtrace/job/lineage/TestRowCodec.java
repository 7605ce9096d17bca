package io.qtrace.job.lineage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.qtrace.job.LocalSpark;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;

class TestRowCodec {
  record Part(String name, long size) {}

  record Whole(
      @ColumnComment("what it is") String someText,
      int count,
      Long perhaps,
      boolean sure,
      Boolean unsure,
      double number,
      Instant at,
      List<Long> sizes,
      List<Part> parts) {}

  private static final Whole FULL =
      new Whole(
          "a'b",
          1,
          2L,
          true,
          false,
          Double.NaN,
          Instant.parse("2026-11-23T20:41:52.123Z"),
          List.of(3L, 4L),
          List.of(new Part("p", 5)));
  private static final Whole EMPTY =
      new Whole(null, 0, null, false, null, -0.0, null, null, List.of());

  @Test
  void componentsAreColumnsInSnakeCase() {
    StructType schema = new RowCodec<>(Whole.class).schema();
    assertThat(schema.fieldNames())
        .containsExactly(
            "some_text", "count", "perhaps", "sure", "unsure", "number", "at", "sizes", "parts");
    assertThat(schema.apply("some_text").getComment().get()).isEqualTo("what it is");
    assertThat(schema.apply("count").nullable()).isFalse();
    assertThat(schema.apply("perhaps").nullable()).isTrue();
  }

  @Test
  void columnsOfInlineRecordsHaveTheirComments() {
    StructType schema = LineageTable.EDGES.schema();
    assertThat(schema.apply("child_path").getComment().get()).startsWith("path of the child");
    assertThat(schema.apply("identical").getComment().get()).contains("same dtype");
    assertThat(schema.apply("removed").getComment().get()).contains("only the parent");
    assertThat(schema.apply("q_changed").getComment().get()).contains("changed");
    assertThat(schema.apply("lut_trained").getComment().get()).contains("LUT moved");
  }

  @Test
  void recordsSurviveSpark() {
    RowCodec<Whole> codec = new RowCodec<>(Whole.class);
    SparkSession spark = LocalSpark.session();
    assertThat(
            spark
                .createDataFrame(Arrays.asList(codec.row(FULL), codec.row(EMPTY)), codec.schema())
                .collectAsList())
        .extracting(codec::record)
        .containsExactly(FULL, EMPTY);
  }

  @Test
  void refusesWhatIsNoColumn() {
    record Wrong(Map<String, String> map) {}
    assertThatThrownBy(() -> new RowCodec<>(Wrong.class).schema())
        .hasMessage("Unsupported column type: java.util.Map<java.lang.String, java.lang.String>");
  }
}
