package io.qtrace.job.conf;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.qtrace.io.SafeText;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Map;
import java.util.Optional;

/**
 * Settings in layers: a built-in file has every setting, a file of the user's overrides some of
 * them, and command-line options override both.
 */
public final class LayeredSettings {
  private static final JsonMapper MAPPER =
      JsonMapper.builder().enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_ENUMS).build();

  private final ObjectNode tree;

  private LayeredSettings(ObjectNode tree) {
    this.tree = tree;
  }

  /** The built-in file. */
  public static LayeredSettings of(String resource) throws IOException {
    return new LayeredSettings(YamlFile.of(Optional.empty(), resource).as(ObjectNode.class));
  }

  /**
   * These, overridden by a YAML file.
   *
   * @throws IOException if the file cannot be read or has an unknown setting
   */
  public LayeredSettings with(Path file) throws IOException {
    return with(file.toString(), YamlFile.of(Optional.of(file), "").as(ObjectNode.class));
  }

  /** These, overridden by the options that were given. */
  public LayeredSettings with(Map<String, ?> options) throws IOException {
    return with("options", MAPPER.valueToTree(options));
  }

  /**
   * These, overridden by a part of a file.
   *
   * @param origin where the changes come from, for messages
   */
  public LayeredSettings with(String origin, ObjectNode changes) throws IOException {
    ObjectNode changed = tree.deepCopy();
    Iterator<Map.Entry<String, JsonNode>> entries =
        changes == null ? tree.objectNode().fields() : changes.fields();
    while (entries.hasNext()) {
      Map.Entry<String, JsonNode> entry = entries.next();
      if (!tree.has(entry.getKey())) {
        throw new IOException(
            "Invalid %s: unknown setting %s, expected one of %s"
                .formatted(
                    SafeText.of(origin),
                    SafeText.quoted(entry.getKey()),
                    String.join(", ", (Iterable<String>) tree::fieldNames)));
      }
      changed.set(entry.getKey(), entry.getValue());
    }
    return new LayeredSettings(changed);
  }

  /** Whether a setting of that name exists. */
  public boolean has(String name) {
    return tree.has(name);
  }

  /** A setting as text. */
  public String text(String name) {
    return tree.path(name).asText();
  }

  /**
   * The settings as an object.
   *
   * @throws IOException naming the invalid setting and the reason
   */
  public <T> T as(Class<T> type) throws IOException {
    try {
      return MAPPER.treeToValue(tree, type);
    } catch (JsonProcessingException e) {
      if (e.getCause() instanceof IllegalArgumentException reason) {
        throw new IOException(reason.getMessage(), e);
      }
      String setting =
          e instanceof JsonMappingException mapping && !mapping.getPath().isEmpty()
              ? " " + mapping.getPath().get(0).getFieldName()
              : "";
      throw new IOException("Invalid setting%s: %s".formatted(setting, e.getOriginalMessage()), e);
    }
  }
}
