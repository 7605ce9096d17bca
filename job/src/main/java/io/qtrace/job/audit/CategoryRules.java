package io.qtrace.job.audit;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Set;

/**
 * How the name of a tensor tells its category: the first rule that matches, else {@link
 * Category#OTHER}.
 */
public record CategoryRules(List<Rule> rules) implements Serializable {
  private static final Set<String> KEYS = Set.of("category", "any", "none");

  /**
   * One rule: the name contains one of {@code any} and none of {@code none}.
   *
   * @throws IllegalArgumentException if {@code any} is empty
   */
  public record Rule(Category category, List<String> any, List<String> none)
      implements Serializable {
    public Rule {
      any = List.copyOf(any);
      none = List.copyOf(none);
      if (any.isEmpty()) {
        throw new IllegalArgumentException(
            "Invalid rule of category " + category + ": no 'any', expected one text or more");
      }
    }

    boolean matches(String name) {
      return any.stream().anyMatch(name::contains) && none.stream().noneMatch(name::contains);
    }
  }

  public CategoryRules {
    rules = List.copyOf(rules);
  }

  /**
   * Reads a policy's section {@code categories}: a list of {@code {category, any, none}}.
   *
   * @throws IllegalArgumentException if it is anything else
   */
  public static CategoryRules load(JsonNode section) {
    if (section == null || !section.isArray()) {
      throw new IllegalArgumentException("Invalid categories: expected a list of rules");
    }
    List<Rule> rules = new ArrayList<>();
    for (JsonNode rule : section) {
      rules.add(rule(rule));
    }
    return new CategoryRules(rules);
  }

  /** The category of a tensor of this name. */
  public Category categoryOf(String name) {
    return rules.stream()
        .filter(rule -> rule.matches(name))
        .map(Rule::category)
        .findFirst()
        .orElse(Category.OTHER);
  }

  private static Rule rule(JsonNode rule) {
    for (Iterator<String> keys = rule.fieldNames(); keys.hasNext(); ) {
      String key = keys.next();
      if (!KEYS.contains(key)) {
        throw new IllegalArgumentException(
            "Invalid rule of a category: key '" + key + "', expected category, any or none");
      }
    }
    String label = rule.path("category").asText();
    Category category =
        Category.of(label)
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "Invalid category: '%s', expected one of %s"
                            .formatted(label, List.of(Category.values()))));
    return new Rule(category, texts(rule, "any"), texts(rule, "none"));
  }

  private static List<String> texts(JsonNode rule, String key) {
    JsonNode list = rule.path(key);
    List<String> texts = new ArrayList<>();
    for (JsonNode text : list) {
      texts.add(text.isTextual() ? text.textValue() : "");
    }
    if (!(list.isArray() || list.isMissingNode()) || texts.contains("")) {
      throw new IllegalArgumentException(
          "Invalid '" + key + "' of a category: " + list + ", expected a list of texts");
    }
    return texts;
  }
}
