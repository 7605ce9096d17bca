package io.qtrace.tensor;

import io.qtrace.io.SafeText;
import java.io.Serializable;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What a checkpoint holds, without its data: kilobytes, whatever the checkpoint's size.
 *
 * @param path URI of the file that was indexed
 * @param format name of the file format, such as {@code torch-zip}
 * @param tensors in the file's order, names unique
 * @param skipped tensors that cannot be compared (sparse, quantized), each with the reason
 * @param notes what of the file was read otherwise than it says, a sentence each; the file's words
 *     in them are escaped
 */
public record CheckpointIndex(
    String path,
    String format,
    List<TensorEntry> tensors,
    List<Skipped> skipped,
    List<String> notes)
    implements Serializable {
  /** How a note begins where tensors have not the names that their keys give. */
  public static final String NUMBERED = "keys that read alike once joined by dots have a number: ";

  /** A tensor-like object that has no plain elements to compare. */
  public record Skipped(String name, String reason) implements Serializable {}

  public CheckpointIndex {
    Objects.requireNonNull(path, "path");
    Objects.requireNonNull(format, "format");
    tensors = List.copyOf(tensors);
    skipped = List.copyOf(skipped);
    notes = List.copyOf(notes);
    Set<String> names = new HashSet<>();
    for (TensorEntry tensor : tensors) {
      if (!names.add(tensor.name())) {
        throw new IllegalArgumentException(
            "Invalid checkpoint: two tensors named " + SafeText.quoted(tensor.name()));
      }
    }
  }

  /** An index without notes. */
  public CheckpointIndex(
      String path, String format, List<TensorEntry> tensors, List<Skipped> skipped) {
    this(path, format, tensors, skipped, List.of());
  }

  /** The same of other tensors. */
  public CheckpointIndex with(List<TensorEntry> otherTensors, List<Skipped> otherSkipped) {
    return new CheckpointIndex(path, format, otherTensors, otherSkipped, notes);
  }

  /** The same with one more note. */
  public CheckpointIndex noted(String note) {
    return new CheckpointIndex(
        path, format, tensors, skipped, Stream.concat(notes.stream(), Stream.of(note)).toList());
  }

  /** The tensors by name. */
  public Map<String, TensorEntry> byName() {
    Map<String, TensorEntry> byName = new LinkedHashMap<>();
    tensors.forEach(tensor -> byName.put(tensor.name(), tensor));
    return byName;
  }
}
