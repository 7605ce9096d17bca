package io.qtrace.format;

import io.qtrace.io.Amount;
import io.qtrace.io.SafeText;
import io.qtrace.tensor.CheckpointIndex;
import io.qtrace.tensor.CheckpointIndex.Shadow;
import io.qtrace.tensor.TensorEntry;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Finds the moving average that a training script saves with the model: a section of the file with
 * a name that is typical for one, and with names that end in names of the model's tensors.
 */
final class ModelShadow {
  private static final Pattern AVERAGE =
      Pattern.compile("(?is)(?:.*[._])?(?:ema|shadow|swa|averaged?)(?:[._].*)?");

  private static final int MOST_PARTS = 8; // of a section's path

  private ModelShadow() {}

  /**
   * The index with the moving average among other tensors of its file; of several sections, the one
   * with the most tensors.
   *
   * @param outside tensors of the file outside the model
   */
  static CheckpointIndex added(CheckpointIndex model, Collection<TensorEntry> outside) {
    Map<String, TensorEntry> byName = model.byName();
    Map<String, List<TensorEntry>> sections = new LinkedHashMap<>();
    for (TensorEntry tensor : outside) {
      section(tensor, byName)
          .ifPresent(
              section ->
                  sections
                      .computeIfAbsent(section, key -> new ArrayList<>())
                      .add(tensor.withName(tensor.name().substring(section.length() + 1))));
    }
    return sections.entrySet().stream()
        .map(section -> new Shadow(section.getKey(), section.getValue()))
        .max(Comparator.comparingInt(shadow -> shadow.tensors().size()))
        .filter(shadow -> isUnique(shadow, byName.keySet()))
        .map(shadow -> model.with(shadow).noted(note(shadow)))
        .orElse(model);
  }

  private static String note(Shadow shadow) {
    return "%s has %s under names of the model's: read as its moving average, which is not compared with the model"
        .formatted(SafeText.of(shadow.section()), Amount.of(shadow.tensors().size(), "tensor"));
  }

  // The path before the name of a tensor of the model with the same shape.
  private static Optional<String> section(TensorEntry tensor, Map<String, TensorEntry> model) {
    String name = tensor.name();
    int dot = name.indexOf('.');
    for (int part = 0; part < MOST_PARTS && dot >= 0; part++) {
      TensorEntry original = model.get(name.substring(dot + 1));
      if (original != null && original.shape().equals(tensor.shape())) {
        return Optional.of(name.substring(0, dot)).filter(AVERAGE.asMatchPredicate());
      }
      dot = name.indexOf('.', dot + 1);
    }
    return Optional.empty();
  }

  private static boolean isUnique(Shadow shadow, Set<String> model) {
    Set<String> names = new HashSet<>(model);
    return shadow.named().stream().allMatch(tensor -> names.add(tensor.name()));
  }
}
