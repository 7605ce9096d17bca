package io.qtrace.tensor;

import io.qtrace.io.SafeText;
import java.io.Serializable;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What a checkpoint holds, without its data: kilobytes, whatever the checkpoint's size.
 *
 * @param path URI of the file that was indexed
 * @param format name of the file format, such as {@code torch-zip}
 * @param tensors in the file's order, names unique
 * @param skipped tensors that cannot be compared (sparse, quantized), each with the reason
 * @param shadow a copy of the model's tensors in the same file; empty where there is none
 * @param sections where dicts within the file's outermost one are state dicts: have tensors under
 *     keys with dots
 * @param notes what of the file was read otherwise than it says, a sentence each; the file's words
 *     in them are escaped
 */
public record CheckpointIndex(
    String path,
    String format,
    List<TensorEntry> tensors,
    List<Skipped> skipped,
    Optional<Shadow> shadow,
    Set<String> sections,
    List<String> notes)
    implements Serializable {
  /** How a note begins where tensors have not the names that their keys give. */
  public static final String NUMBERED = "keys that read alike once joined by dots have a number: ";

  /** A tensor-like object that has no plain elements to compare. */
  public record Skipped(String name, String reason) implements Serializable {}

  /**
   * A second copy of the model's tensors, such as a moving average of its weights.
   *
   * @param section where the file has it, such as {@code ema}
   * @param tensors under the names of the model's tensors that they are copies of
   */
  public record Shadow(String section, List<TensorEntry> tensors) implements Serializable {
    public Shadow {
      Objects.requireNonNull(section, "section");
      tensors = List.copyOf(tensors);
    }

    /** The name of a copy: section, colon, and the name of the tensor that it is a copy of. */
    public static String name(String section, String tensor) {
      return section + ":" + tensor;
    }

    /** The tensor that a copy is of, by the copy's {@link #name}. */
    public static String original(String section, String name) {
      return name.substring(section.length() + 1);
    }

    /** The section of a copy, by its {@link #name} and the tensor that it is of. */
    public static String section(String name, String tensor) {
      return name.substring(0, name.length() - tensor.length() - 1);
    }

    /** The tensors under names that the model's tensors do not have. */
    public List<TensorEntry> named() {
      return tensors.stream().map(tensor -> tensor.withName(name(section, tensor.name()))).toList();
    }
  }

  public CheckpointIndex {
    Objects.requireNonNull(path, "path");
    Objects.requireNonNull(format, "format");
    tensors = List.copyOf(tensors);
    skipped = List.copyOf(skipped);
    Objects.requireNonNull(shadow, "shadow");
    sections = Set.copyOf(sections);
    notes = List.copyOf(notes);
    Set<String> names = new HashSet<>();
    for (TensorEntry tensor : tensors) {
      if (!names.add(tensor.name())) {
        throw new IllegalArgumentException(
            "Invalid checkpoint: two tensors named " + SafeText.quoted(tensor.name()));
      }
    }
  }

  /** An index of a file that is one state dict. */
  public CheckpointIndex(
      String path,
      String format,
      List<TensorEntry> tensors,
      List<Skipped> skipped,
      List<String> notes) {
    this(path, format, tensors, skipped, Optional.empty(), Set.of(), notes);
  }

  /** An index without notes. */
  public CheckpointIndex(
      String path, String format, List<TensorEntry> tensors, List<Skipped> skipped) {
    this(path, format, tensors, skipped, List.of());
  }

  /** The same of other tensors. */
  public CheckpointIndex with(List<TensorEntry> otherTensors, List<Skipped> otherSkipped) {
    return new CheckpointIndex(path, format, otherTensors, otherSkipped, shadow, sections, notes);
  }

  /** The same with one more note. */
  public CheckpointIndex noted(String note) {
    return new CheckpointIndex(
        path,
        format,
        tensors,
        skipped,
        shadow,
        sections,
        Stream.concat(notes.stream(), Stream.of(note)).toList());
  }

  /** The same with a copy of the model. */
  public CheckpointIndex with(Shadow copy) {
    return new CheckpointIndex(path, format, tensors, skipped, Optional.of(copy), sections, notes);
  }

  /** The same of a file that has state dicts at these places. */
  public CheckpointIndex withSections(Set<String> places) {
    return new CheckpointIndex(path, format, tensors, skipped, shadow, places, notes);
  }

  /** The tensors, and those of the copy under names of their own. */
  public List<TensorEntry> all() {
    return Stream.concat(tensors.stream(), shadow.stream().flatMap(copy -> copy.named().stream()))
        .toList();
  }

  /** The tensors by name. */
  public Map<String, TensorEntry> byName() {
    Map<String, TensorEntry> byName = new LinkedHashMap<>();
    tensors.forEach(tensor -> byName.put(tensor.name(), tensor));
    return byName;
  }
}
