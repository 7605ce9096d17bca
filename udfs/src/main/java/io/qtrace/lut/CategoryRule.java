package io.qtrace.lut;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.io.Serializable;
import java.util.List;
import java.util.Objects;

/**
 * Names of one category: those with any of {@code contains} in them and none of {@code without}.
 *
 * @param contains one empty text matches every name
 */
public record CategoryRule(
    @JsonProperty(required = true) Category category,
    @JsonProperty(required = true) List<String> contains,
    @JsonProperty List<String> without)
    implements Serializable {
  public CategoryRule {
    Objects.requireNonNull(category, "category");
    contains = List.copyOf(contains);
    without = without == null ? List.of() : List.copyOf(without);
  }

  boolean matches(String name) {
    return contains.stream().anyMatch(name::contains) && without.stream().noneMatch(name::contains);
  }
}
