package io.qtrace.job.policy;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import io.qtrace.job.archive.RunConfig;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.StreamSupport;

/**
 * Expectations that replace those of the kinds of edges, for some runs.
 *
 * @param name under which notes mention it
 * @param runs globs over paths of run folders; if empty, every run matches
 * @param config settings of the run's {@code config.json}, each with the value, or the list of
 *     values, that it must have; a run without one does not match
 * @param contains tensors whose names contain any of these; if empty, every tensor matches
 * @param without tensors whose names contain any of these do not match
 * @param edges by kind and subject; others keep their expectations
 */
public record RunOverride(
    String name,
    List<String> runs,
    Map<String, JsonNode> config,
    List<String> contains,
    List<String> without,
    Map<EdgeKind, Map<Subject, Expectation>> edges)
    implements Serializable {
  @JsonCreator
  public RunOverride(
      @JsonProperty(value = "name", required = true) String name,
      @JsonProperty("runs") List<String> runs,
      @JsonProperty("config") Map<String, JsonNode> config,
      @JsonProperty("contains") List<String> contains,
      @JsonProperty("without") List<String> without,
      @JsonProperty(value = "edges", required = true)
          Map<EdgeKind, Map<Subject, Expectation>> edges) {
    this.name = Objects.requireNonNull(name, "name");
    this.runs = runs == null ? List.of() : List.copyOf(runs);
    this.config = config == null ? Map.of() : new TreeMap<>(config);
    this.contains = contains == null ? List.of() : List.copyOf(contains);
    this.without = without == null ? List.of() : List.copyOf(without);
    this.edges = new TreeMap<>(edges);
    if (this.runs.isEmpty() && this.config.isEmpty()) {
      throw new IllegalArgumentException(
          "Invalid override %s: for every run, expected runs or config".formatted(name));
    }
    this.config.forEach((key, value) -> check(name, key, value));
    new Globs(this.runs);
  }

  private static void check(String name, String key, JsonNode value) {
    if (value == null
        || values(value).stream().anyMatch(one -> !one.isValueNode() || one.isNull())) {
      throw new IllegalArgumentException(
          "Invalid override %s: config.%s, expected a value or a list of values"
              .formatted(name, key));
    }
  }

  /** Why it applies to a run, for people; empty if it does not. */
  Optional<String> reason(String run, RunConfig settings) {
    if (!new Globs(runs).match(run)) {
      return Optional.empty();
    }
    List<String> reasons = new ArrayList<>();
    for (Map.Entry<String, JsonNode> setting : config.entrySet()) {
      Optional<JsonNode> value = settings.setting(setting.getKey());
      if (value.isEmpty() || !isOneOf(values(setting.getValue()), value.get())) {
        return Optional.empty();
      }
      reasons.add("%s is %s in config.json".formatted(setting.getKey(), value.get()));
    }
    if (!runs.isEmpty()) {
      reasons.add("the run matches " + String.join(", ", runs));
    }
    return Optional.of(String.join(", ", reasons));
  }

  Optional<Expectation> expectation(EdgeKind kind, Subject subject, String tensor) {
    return covers(tensor)
        ? Optional.ofNullable(edges.getOrDefault(kind, Map.of()).get(subject))
        : Optional.empty();
  }

  private boolean covers(String tensor) {
    return (contains.isEmpty() || contains.stream().anyMatch(tensor::contains))
        && without.stream().noneMatch(tensor::contains);
  }

  private static List<JsonNode> values(JsonNode value) {
    return value.isArray()
        ? StreamSupport.stream(value.spliterator(), false).toList()
        : List.of(value);
  }

  // 0 and 0.0 are one number.
  private static boolean isOneOf(List<JsonNode> values, JsonNode found) {
    return values.stream()
        .anyMatch(
            value ->
                (value.isNumber() && found.isNumber())
                    ? value.doubleValue() == found.doubleValue()
                    : value.equals(found));
  }
}
