package io.qtrace.job.archive;

import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.qtrace.io.FormatException;
import io.qtrace.io.ObjectStat;
import io.qtrace.io.ObjectStore;
import io.qtrace.io.RangeReader;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.apache.hadoop.fs.Path;

/**
 * What a run states about itself in its {@code config.json}; every part may be missing. Numbers may
 * be {@code NaN}, {@code Infinity} and {@code -Infinity}, as Python's {@code json} writes them.
 *
 * @param json the file's text, {@code {}} if there is none
 * @param problem why the file could not be used, or the empty string
 */
public record RunConfig(String json, String problem) implements Serializable {
  static final String NAME = "config.json";

  /** A run without a configuration. */
  public static final RunConfig NONE = new RunConfig("{}", "");

  private static final int MAX_BYTES = 1 << 20;

  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS).build();

  /**
   * The configuration next to a checkpoint.
   *
   * @throws IOException if the store fails
   */
  public static RunConfig nextTo(ObjectStore store, String checkpoint) throws IOException {
    Path file = new Path(ObjectStore.path(checkpoint).getParent(), NAME);
    try {
      return read(store, store.stat(file.toUri().toString()));
    } catch (FileNotFoundException e) {
      return NONE;
    }
  }

  static RunConfig read(ObjectStore store, ObjectStat file) throws IOException {
    if (file.bytes() > MAX_BYTES) {
      return new RunConfig("{}", "Invalid config.json: more than " + MAX_BYTES + " bytes");
    }
    try (RangeReader reader = store.open(file.uri())) {
      byte[] bytes = reader.read(0, (int) reader.length());
      return of(new String(bytes, StandardCharsets.UTF_8));
    } catch (FormatException e) {
      return new RunConfig("{}", "Invalid config.json: " + e.reason());
    } catch (FileNotFoundException e) {
      return new RunConfig("{}", "Invalid config.json: it cannot be opened");
    }
  }

  static RunConfig of(String text) {
    try {
      JsonNode node = JSON.readTree(text);
      return node != null && node.isObject()
          ? new RunConfig(text, "")
          : new RunConfig("{}", "Invalid config.json: expected an object");
    } catch (IOException e) {
      return new RunConfig("{}", "Invalid config.json: not JSON");
    }
  }

  /** Path of the checkpoint that the run declares as its source. */
  public Optional<String> sourceCheckpoint() {
    return text("source_checkpoint");
  }

  /** A text setting of the run. */
  public Optional<String> text(String key) {
    return setting(key).filter(JsonNode::isTextual).map(JsonNode::textValue);
  }

  /** Any setting of the run. */
  public Optional<JsonNode> setting(String key) {
    return Optional.ofNullable(tree().get(key));
  }

  private JsonNode tree() {
    try {
      return JSON.readTree(json);
    } catch (IOException e) {
      throw new IllegalStateException("Invalid config.json: checked before", e);
    }
  }
}
