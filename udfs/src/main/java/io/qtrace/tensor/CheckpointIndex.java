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
 * The contents of a checkpoint without its data: kilobytes, independent of the checkpoint's size.
 *
 * @param path URI of the file that was indexed
 * @param format name of the file format, such as {@code torch-zip}
 * @param tensors in the file's order, names unique
 * @param skipped tensors that cannot be compared (sparse, quantized), each with the reason
 * @param shadow a copy of the model's tensors in the same file; empty where there is none
 * @param sections paths of dicts within the file's outermost one that are state dicts, with tensors
 *     under keys with dots
 * @param notes what was read in another way than the file states, a sentence each; text from the
 *     file is escaped
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
  /** Prefix of a note about tensors that do not have the names of their keys. */
  public static final String NUMBERED = "keys with the same dotted name are numbered: ";

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

  /** The same index with other tensors. */
  public CheckpointIndex with(List<TensorEntry> otherTensors, List<Skipped> otherSkipped) {
    return new CheckpointIndex(path, format, otherTensors, otherSkipped, shadow, sections, notes);
  }

  /** The same index with one more note. */
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

  /** The same index with a copy of the model. */
  public CheckpointIndex with(Shadow copy) {
    return new CheckpointIndex(path, format, tensors, skipped, Optional.of(copy), sections, notes);
  }

  /** The same index for a file with state dicts at these paths. */
  public CheckpointIndex withSections(Set<String> places) {
    return new CheckpointIndex(path, format, tensors, skipped, shadow, places, notes);
  }

  /** The tensors, including those of the copy under their own names. */
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
