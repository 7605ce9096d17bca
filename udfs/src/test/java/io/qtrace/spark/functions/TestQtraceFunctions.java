package io.qtrace.spark.functions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TestQtraceFunctions {
  private static final String QUERY =
      """
      SELECT qtrace_layer(name), qtrace_layer_number(name), qtrace_dtype_bytes(dtype)
      FROM VALUES
        ('model.layers.12.self_attn.q_proj._Q', 'bfloat16'),
        ('lm_head.weight', 'complex128'),
        ('3', 'F32'),
        ('h.12345678901.x1.2', ''),
        ('', 'float32'),
        (CAST(NULL AS STRING), CAST(NULL AS STRING)) AS t(name, dtype)
      """;

  private static final Row[] ANSWER = {
    RowFactory.create("model.layers.12.self_attn.q_proj", 12, 2),
    RowFactory.create("lm_head", null, 16),
    RowFactory.create("", 3, null),
    RowFactory.create("h.12345678901.x1", 2, null),
    RowFactory.create("", null, 4),
    RowFactory.create(null, null, null)
  };

  private SparkSession spark;

  @AfterEach
  void stopSpark() {
    spark.stop();
  }

  @Test
  void servesASessionThatRegistersThem() {
    spark = builder().getOrCreate();
    QtraceFunctions.register(spark);

    assertThat(spark.sql(QUERY).collectAsList()).containsExactly(ANSWER);
  }

  @Test
  void servesEverySessionWithTheExtensions() {
    spark =
        builder()
            .config("spark.sql.extensions", "io.qtrace.spark.functions.QtraceExtensions")
            .getOrCreate();

    assertThat(spark.newSession().sql(QUERY).collectAsList()).containsExactly(ANSWER);
    assertThat(spark.sql("SELECT qtrace_layer(7)").first().getString(0)).isEmpty();
    assertThat(spark.sql("DESCRIBE FUNCTION qtrace_layer").collectAsList().toString())
        .contains("qtrace_layer(name) - the module that owns a tensor");
    assertThatThrownBy(() -> spark.sql("SELECT qtrace_layer('a', 'b')").collectAsList())
        .hasStackTraceContaining("Invalid call of qtrace_layer: 2 arguments, expected 1");
  }

  private static SparkSession.Builder builder() {
    return SparkSession.builder().master("local[1]").config("spark.ui.enabled", false);
  }
}
