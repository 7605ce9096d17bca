package io.qtrace.job.audit;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;

/**
 * A policy as it was written: YAML of rules and expectations.
 *
 * @param origin where it came from, for messages
 */
public record PolicyFile(String origin, String yaml) {
  private static final String PACKAGED = "/qtrace/policy.yaml";
  private static final ObjectMapper YAML =
      YAMLMapper.builder()
          .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  public PolicyFile {
    Objects.requireNonNull(origin, "origin");
    Objects.requireNonNull(yaml, "yaml");
  }

  /** The policy of {@code conf/policy.yaml} as this build packaged it. */
  public static PolicyFile packaged() throws IOException {
    try (InputStream in = PolicyFile.class.getResourceAsStream(PACKAGED)) {
      return new PolicyFile(
          "conf/policy.yaml", new String(in.readAllBytes(), StandardCharsets.UTF_8));
    }
  }

  public static PolicyFile read(Path file) throws IOException {
    return new PolicyFile(file.toString(), Files.readString(file));
  }

  /**
   * How names tell categories.
   *
   * @throws IllegalArgumentException if the policy is no YAML or its section is wrong
   */
  public CategoryRules categories() {
    try {
      return CategoryRules.load(root().get("categories"));
    } catch (IllegalArgumentException e) {
      throw invalid(e.getMessage(), e);
    }
  }

  private JsonNode root() {
    try {
      return YAML.readTree(yaml);
    } catch (JsonProcessingException e) {
      throw invalid("no YAML: " + e.getOriginalMessage(), e);
    }
  }

  private IllegalArgumentException invalid(String reason, Exception cause) {
    return new IllegalArgumentException("Invalid policy: " + origin + ": " + reason, cause);
  }
}
