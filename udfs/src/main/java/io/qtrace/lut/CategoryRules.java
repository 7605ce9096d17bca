package io.qtrace.lut;

import java.io.Serializable;
import java.util.List;

/**
 * Sorts tensors by name: the first rule that matches wins; {@link Category#OTHER} where none does.
 */
public record CategoryRules(List<CategoryRule> rules) implements Serializable {
  /** Rules of the recipe's names: those of SQL, and of a policy that states none. */
  public static final CategoryRules DEFAULT =
      new CategoryRules(
          List.of(
              new CategoryRule(Category.LUT_DELTAS, List.of("_lut_raw_deltas"), List.of()),
              new CategoryRule(Category.LUT, List.of(".lut"), List.of("_lut")),
              new CategoryRule(Category.Q, List.of("._Q"), List.of()),
              new CategoryRule(Category.INDICES, List.of("._indices"), List.of()),
              new CategoryRule(
                  Category.SCALE, List.of("scale_A", "scale_B", "rank_magnitude"), List.of())));

  public CategoryRules {
    rules = List.copyOf(rules);
  }

  public Category of(String tensorName) {
    return rules.stream()
        .filter(rule -> rule.matches(tensorName))
        .findFirst()
        .map(CategoryRule::category)
        .orElse(Category.OTHER);
  }
}
