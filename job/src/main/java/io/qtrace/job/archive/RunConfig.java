package io.qtrace.job.archive;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.Serializable;
import java.util.Optional;

/**
 * What a run says of itself in its {@code config.json}; every part may be missing.
 *
 * @param json the file's text, {@code {}} where there is none
 * @param problem why the file could not be used, or the empty string
 */
public record RunConfig(String json, String problem) implements Serializable {
  static final RunConfig NONE = new RunConfig("{}", "");

  static RunConfig of(String text) {
    try {
      JsonNode node = new ObjectMapper().readTree(text);
      return node != null && node.isObject()
          ? new RunConfig(text, "")
          : new RunConfig("{}", "Invalid config.json: expected an object");
    } catch (IOException e) {
      return new RunConfig("{}", "Invalid config.json: not JSON");
    }
  }

  /** Path of the checkpoint that the run says it started from. */
  public Optional<String> sourceCheckpoint() {
    return text("source_checkpoint");
  }

  /** A text setting of the run. */
  public Optional<String> text(String key) {
    return Optional.ofNullable(tree().get(key))
        .filter(JsonNode::isTextual)
        .map(JsonNode::textValue);
  }

  /** Whether the folder says it is a float model in the Hugging Face layout, not a run. */
  boolean isModel() {
    return tree().has("architectures") && !tree().has("source_checkpoint");
  }

  private JsonNode tree() {
    try {
      return new ObjectMapper().readTree(json);
    } catch (IOException e) {
      throw new IllegalStateException("Invalid config.json: checked before", e);
    }
  }
}
