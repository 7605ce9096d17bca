package io.qtrace.spark.source;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.sql.util.CaseInsensitiveStringMap;

/**
 * What a read was asked for.
 *
 * @param paths files or globs
 * @param unwrap whether only the model's state dict counts
 * @param hadoop further options, for the file system
 */
record SourceOptions(List<String> paths, boolean unwrap, Map<String, String> hadoop) {
  private static final String PATH = "path";
  private static final String PATHS = "paths"; // Spark's: a JSON array, of load(path, path, ...)
  private static final String UNWRAP = "unwrap";

  SourceOptions {
    paths = List.copyOf(paths);
    hadoop = Map.copyOf(hadoop);
    if (paths.isEmpty()) {
      throw new IllegalArgumentException("Invalid option path: none, expected a file or glob");
    }
  }

  static SourceOptions of(CaseInsensitiveStringMap options) {
    List<String> paths = new ArrayList<>();
    if (options.containsKey(PATH)) {
      paths.add(options.get(PATH));
    }
    if (options.containsKey(PATHS)) {
      paths.addAll(list(options.get(PATHS)));
    }
    Map<String, String> hadoop = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    hadoop.putAll(options.asCaseSensitiveMap());
    hadoop.keySet().removeAll(List.of(PATH, PATHS, UNWRAP));
    return new SourceOptions(paths, options.getBoolean(UNWRAP, true), hadoop);
  }

  private static List<String> list(String json) {
    try {
      return List.of(new ObjectMapper().readValue(json, String[].class));
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(
          "Invalid option paths: " + json + ", expected a JSON array", e);
    }
  }
}
