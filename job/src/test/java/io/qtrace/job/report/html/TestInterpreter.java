package io.qtrace.job.report.html;

import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.job.LocalSpark;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;

class TestInterpreter {
  private static final String WHOLE_STAGE = "spark.sql.codegen.wholeStage";

  @Test
  void restoresTheSettingsOfTheSession() {
    SparkSession spark = LocalSpark.session();
    String before = spark.conf().get(WHOLE_STAGE);
    try (Interpreter interpreter = new Interpreter(spark)) {
      assertThat(plan(spark)).doesNotContain("*(1)");
      interpreter.close();
      assertThat(plan(spark)).contains("*(1)");
    }
    assertThat(spark.conf().get(WHOLE_STAGE)).isEqualTo(before);
  }

  // With stages of generated code marked by a star.
  private static String plan(SparkSession spark) {
    return spark.range(10).filter("id > 3").queryExecution().executedPlan().toString();
  }
}
