package io.qtrace.format;

import io.qtrace.format.safetensors.StrictJson;
import io.qtrace.io.FormatException;
import io.qtrace.io.RangeReader;
import io.qtrace.io.ReadBudget;
import io.qtrace.io.SafeText;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Parses the index of a sharded checkpoint: {@code {metadata: ..., weight_map: {tensor: file}}}.
 */
final class WeightMap {
  /**
   * The tensors that the index maps to one file.
   *
   * @param file its path from the index's folder
   * @param position byte of the index at which the file is first named
   */
  record Shard(String file, long position, List<String> tensors) {}

  private static final int MAX_BYTES = 100_000_000;

  private static final String NAME = "[\\p{L}\\p{N}_][\\p{L}\\p{N}._+=@, -]*+";

  // Only names that every file system and URI resolves to a file in the same folder or below it.
  private static final Pattern PLAIN_PATH = Pattern.compile(NAME + "(?:/" + NAME + ")*+");

  private WeightMap() {}

  /** Shards by file name. */
  static SortedMap<String, Shard> read(RangeReader reader, ReadBudget budget) throws IOException {
    if (reader.length() > MAX_BYTES) {
      throw new FormatException(
          reader.uri(),
          0,
          "Invalid index: %d bytes, expected at most %d".formatted(reader.length(), MAX_BYTES));
    }
    budget.take(reader.uri(), 0, reader.length());
    byte[] text = reader.read(0, (int) reader.length());
    SortedMap<String, Shard> shards = new TreeMap<>();
    try (StrictJson json = StrictJson.over(reader.uri(), 0, text, budget)) {
      json.beginObject("index");
      while (json.nextKey()) {
        if (json.key().equals("weight_map")) {
          readMap(json, shards);
        } else {
          json.skip();
        }
      }
      json.end();
      if (shards.isEmpty()) {
        throw json.fault(
            "Unsupported JSON: no weight_map, expected the index of a sharded checkpoint");
      }
    }
    return shards;
  }

  private static void readMap(StrictJson json, SortedMap<String, Shard> shards)
      throws FormatException {
    json.beginObject("weight_map");
    while (json.nextKey()) {
      String tensor = json.key();
      String file = json.string("shard");
      if (!PLAIN_PATH.matcher(file).matches() || file.contains("..")) {
        throw json.fault(
            "Invalid shard: %s, expected the name of a file in the folder of the index or below"
                .formatted(SafeText.quoted(file)));
      }
      long position = json.position();
      shards
          .computeIfAbsent(file, name -> new Shard(name, position, new ArrayList<>()))
          .tensors()
          .add(tensor);
    }
  }
}
