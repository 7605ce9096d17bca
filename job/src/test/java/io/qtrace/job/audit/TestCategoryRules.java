package io.qtrace.job.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TestCategoryRules {
  @ParameterizedTest
  @CsvSource({
    "model.layers.0.mlp.up_proj._lut_raw_deltas, lut_deltas",
    "model.layers.0.mlp.up_proj.lut, lut",
    "model.layers.0.mlp.up_proj._Q, q",
    "model.layers.0.mlp.up_proj._indices, indices",
    "model.layers.0.mlp.up_proj.scale_A, scale",
    "model.layers.0.mlp.up_proj.scale_B, scale",
    "model.layers.0.mlp.up_proj.rank_magnitude, scale",
    "model.layers.0.mlp.up_proj.weight, other",
    "model.layers.0.mlp.up_proj._scales_baked_flag, other",
    "lut, other",
    "a.lut_b._lut, other",
    "a._Q._lut_raw_deltas, lut_deltas"
  })
  void packagedPolicySortsNamesAsTheNotebookDoes(String name, String category) throws IOException {
    assertThat(PolicyFile.packaged().categories().categoryOf(name)).hasToString(category);
  }

  @Test
  void policyOfOnesOwnDecides(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("policy.yaml");
    Files.writeString(file, "categories:\n  - {category: q, any: [w], none: [b, c]}\n");
    CategoryRules rules = PolicyFile.read(file).categories();
    assertThat(rules.categoryOf("w")).isEqualTo(Category.Q);
    assertThat(rules.categoryOf("wc")).isEqualTo(Category.OTHER);
    assertThat(rules.categoryOf("_Q")).isEqualTo(Category.OTHER);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{}                                       | expected a list of rules",
        "categories: 1                            | expected a list of rules",
        "categories: [{category: x, any: [a]}]    | Invalid category: 'x', expected one of [lut_deltas,",
        "categories: [{category: q}]              | no 'any', expected one text or more",
        "categories: [{category: q, any: a}]      | Invalid 'any' of a category: \"a\", expected a list",
        "categories: [{category: q, any: ['']}]   | Invalid 'any' of a category",
        "categories: [{category: q, all: [a]}]    | key 'all', expected category, any or none",
        "categories: [                            | no YAML",
        "'{a: 1, a: 2}'                           | no YAML: Duplicate field 'a'"
      })
  void wrongPolicyIsRefusedWithItsOrigin(String yaml, String reason) {
    assertThatThrownBy(() -> new PolicyFile("p.yaml", yaml).categories())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("Invalid policy: p.yaml: ")
        .hasMessageContaining(reason);
  }
}
