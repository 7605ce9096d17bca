package io.qtrace.spark.source;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.qtrace.compare.Measure;
import io.qtrace.compare.RangeTask;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;
import org.apache.spark.sql.util.CaseInsensitiveStringMap;

/**
 * The options of a read.
 *
 * @param paths files or globs
 * @param unwrap whether to read only the model's state dict
 * @param maxValues maximum number of elements of a tensor whose values are read
 * @param maxFilesPerTrigger maximum number of files in a micro-batch of a stream; unlimited if
 *     empty
 * @param hadoop further options, for the file system
 */
record SourceOptions(
    List<String> paths,
    boolean unwrap,
    int maxValues,
    OptionalInt maxFilesPerTrigger,
    Map<String, String> hadoop) {
  /** The tensor whose elements are rows. */
  static final String ELEMENTS = "elements";

  private static final String PATH = "path";
  private static final String PATHS =
      "paths"; // set by Spark for load(path, path, ...): a JSON array
  private static final String UNWRAP = "unwrap";
  private static final String MAX_VALUES = "maxValues";
  private static final String MAX_FILES = "maxFilesPerTrigger"; // as Spark's file sources call it

  SourceOptions {
    paths = List.copyOf(paths);
    hadoop = Map.copyOf(hadoop);
    if (paths.isEmpty()) {
      throw new IllegalArgumentException("Invalid option path: none, expected a file or glob");
    }
    if (maxValues < 0 || maxValues > RangeTask.ALIGNMENT) {
      throw new IllegalArgumentException(
          "Invalid option maxValues: %d, expected 0 to %d"
              .formatted(maxValues, RangeTask.ALIGNMENT));
    }
    if (maxFilesPerTrigger.isPresent() && maxFilesPerTrigger.getAsInt() < 1) {
      throw new IllegalArgumentException(
          "Invalid option maxFilesPerTrigger: %d, expected 1 or more"
              .formatted(maxFilesPerTrigger.getAsInt()));
    }
  }

  /** The options of a table with its own paths and the options of a query. */
  static SourceOptions of(List<String> own, CaseInsensitiveStringMap options) {
    List<String> paths = new ArrayList<>(own);
    if (options.containsKey(PATH)) {
      paths.add(options.get(PATH));
    }
    if (options.containsKey(PATHS)) {
      paths.addAll(list(options.get(PATHS)));
    }
    Map<String, String> hadoop = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    hadoop.putAll(options.asCaseSensitiveMap());
    hadoop.keySet().removeAll(List.of(PATH, PATHS, UNWRAP, MAX_VALUES, MAX_FILES, ELEMENTS));
    return new SourceOptions(
        paths,
        options.getBoolean(UNWRAP, true),
        options.getInt(MAX_VALUES, Measure.MAX_VALUES),
        options.containsKey(MAX_FILES)
            ? OptionalInt.of(options.getInt(MAX_FILES, 0))
            : OptionalInt.empty(),
        hadoop);
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
