package io.qtrace.format;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;

/** Files that PyTorch wrote, and what it says they hold. */
public final class FormatFixtures {
  private static final Path FOLDER = Path.of("src/test/resources/formats");

  private FormatFixtures() {}

  public static Path file(String name) {
    return FOLDER.resolve(name);
  }

  /** Facts of each tensor, by file and name. */
  public static JsonNode expected() throws IOException {
    return new ObjectMapper().readTree(file("expected.json").toFile());
  }

  /** Facts of each tensor's elements, by file and name: {@code content.py} among the fixtures. */
  public static JsonNode content() throws IOException {
    return new ObjectMapper().readTree(file("content.json").toFile());
  }
}
