package io.qtrace.tensor;

import io.qtrace.io.SafeText;
import java.io.Serializable;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * What a checkpoint holds, without its data: kilobytes, whatever the checkpoint's size.
 *
 * @param path URI of the file that was indexed
 * @param format name of the file format, such as {@code torch-zip}
 * @param tensors in the file's order, names unique
 * @param skipped tensors that cannot be compared (sparse, quantized), each with the reason
 */
public record CheckpointIndex(
    String path, String format, List<TensorEntry> tensors, List<Skipped> skipped)
    implements Serializable {
  /** A tensor-like object that has no plain elements to compare. */
  public record Skipped(String name, String reason) implements Serializable {}

  public CheckpointIndex {
    Objects.requireNonNull(path, "path");
    Objects.requireNonNull(format, "format");
    tensors = List.copyOf(tensors);
    skipped = List.copyOf(skipped);
    Set<String> names = new HashSet<>();
    for (TensorEntry tensor : tensors) {
      if (!names.add(tensor.name())) {
        throw new IllegalArgumentException(
            "Invalid checkpoint: two tensors named " + SafeText.quoted(tensor.name()));
      }
    }
  }

  /** The tensors by name. */
  public Map<String, TensorEntry> byName() {
    Map<String, TensorEntry> byName = new LinkedHashMap<>();
    tensors.forEach(tensor -> byName.put(tensor.name(), tensor));
    return byName;
  }
}
