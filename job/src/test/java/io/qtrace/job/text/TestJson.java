package io.qtrace.job.text;

import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.tensor.DType;
import java.math.BigDecimal;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TestJson {
  record Change(String name, DType dtype, double maxAbs, Double meanAbs, List<Long> shape) {}

  @Test
  void recordsKeepTheirOrderUnderSnakeCase() {
    Change change = new Change("a._Q", DType.BFLOAT16, 0.5, null, List.of(2L, 3L));
    assertThat(Json.line(change))
        .isEqualTo(
            "{\"name\":\"a._Q\",\"dtype\":\"BFLOAT16\",\"max_abs\":0.5,\"mean_abs\":null,"
                + "\"shape\":[2,3]}");
  }

  @Test
  void nanAndInfinitiesAreStrings() {
    List<Object> values =
        Arrays.asList(
            Double.NaN, Double.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, 1.0, 0.1f, null);
    assertThat(Json.line(values)).isEqualTo("[\"NaN\",\"Infinity\",\"-Infinity\",1.0,0.1,null]");
  }

  @Test
  void namesCannotManipulateTerminals() {
    assertThat(Json.line("a\n\u001b\u202e\"é")).isEqualTo("\"a\\n\\u001B\\u202E\\\"\\u00E9\"");
  }

  @Test
  void decimalsHaveNoExponent() {
    assertThat(Json.line(new BigDecimal("1E+3"))).isEqualTo("1000");
  }

  @Test
  void objectsHaveOneLinePerField() {
    assertThat(Json.of(Map.of("a", List.of(1, 2)))).isEqualTo("{\n  \"a\" : [ 1, 2 ]\n}");
  }
}
