package io.qtrace.job.compare;

import java.io.Serializable;
import java.util.List;

/**
 * Sorts tensors by name: the first rule that matches wins; {@link Category#OTHER} where none does.
 */
public record CategoryRules(List<CategoryRule> rules) implements Serializable {
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
