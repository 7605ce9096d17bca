package io.qtrace.job.conf;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** A YAML file of qtrace's configuration: strict, so that a mistyped setting is an error. */
public final class YamlFile {
  private static final JsonMapper YAML =
      JsonMapper.builder(new YAMLFactory())
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_ENUMS)
          .build();

  private final String name;
  private final byte[] bytes;

  private YamlFile(String name, byte[] bytes) {
    this.name = name;
    this.bytes = bytes;
  }

  /** The given file, or the resource of that name that came with qtrace. */
  public static YamlFile of(Optional<Path> file, String resource) throws IOException {
    if (file.isPresent()) {
      return new YamlFile(file.get().toString(), Files.readAllBytes(file.get()));
    }
    try (InputStream in = YamlFile.class.getResourceAsStream("/qtrace/" + resource)) {
      if (in == null) {
        throw new IllegalStateException("Cannot find resource: conf/" + resource);
      }
      return new YamlFile(resource, in.readAllBytes());
    }
  }

  /** The bytes, for a hash of what was said. */
  public byte[] bytes() {
    return bytes.clone();
  }

  /**
   * The file as a value.
   *
   * @throws IOException naming the file, the line and what is wrong there
   */
  public <T> T as(Class<T> type) throws IOException {
    try {
      return YAML.readValue(bytes, type);
    } catch (JsonProcessingException e) {
      String place = e.getLocation() == null ? "" : ": line " + e.getLocation().getLineNr();
      throw new IOException("Invalid %s%s: %s".formatted(name, place, e.getOriginalMessage()), e);
    }
  }
}
