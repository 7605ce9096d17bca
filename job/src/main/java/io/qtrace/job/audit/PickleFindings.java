package io.qtrace.job.audit;

import io.qtrace.io.SafeText;
import io.qtrace.job.policy.Finding;
import io.qtrace.tensor.PickledGlobal;
import io.qtrace.tensor.PickledGlobal.Judgement;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** Findings about the pickles of checkpoints, from the names in them. */
final class PickleFindings {
  private static final String RULE = "pickle-dangerous";
  private static final int NAMED = 3; // names in a sentence

  private final SortedMap<String, List<PickledGlobal>> byPath;

  /**
   * @param byPath names in the pickles of checkpoints, by the checkpoint's path
   */
  PickleFindings(Map<String, List<PickledGlobal>> byPath) {
    this.byPath = new TreeMap<>(byPath);
  }

  /** One for each checkpoint with a pickle that runs code or cannot be parsed. */
  List<Finding> findings() {
    return byPath.entrySet().stream()
        .map(one -> finding(one.getKey(), one.getValue()))
        .flatMap(Optional::stream)
        .toList();
  }

  private static Optional<Finding> finding(String path, List<PickledGlobal> globals) {
    List<PickledGlobal> bad =
        globals.stream().filter(global -> global.judgement().isViolation()).toList();
    if (bad.isEmpty()) {
      return Optional.empty();
    }
    PickledGlobal first = bad.get(0);
    String what =
        first.judgement() == Judgement.DANGEROUS
            ? "would call " + SafeText.quoted(first.path())
            : "cannot be parsed: " + SafeText.cut(first.name());
    return Optional.of(
        new Finding(
            RULE,
            0,
            path,
            "Cannot trust pickle %s at byte %d: it %s%s; do not load it, see table globals"
                .formatted(
                    first.pickle().isEmpty() ? "of the file" : SafeText.quoted(first.pickle()),
                    first.position(),
                    what,
                    bad.size() > 1 ? " (and %d more)".formatted(bad.size() - 1) : "")));
  }

  /** A note on names that are neither known to be safe nor dangerous, if there are any. */
  Optional<String> unknownNote() {
    List<String> paths =
        byPath.entrySet().stream()
            .filter(one -> one.getValue().stream().anyMatch(PickleFindings::isUnknown))
            .map(Map.Entry::getKey)
            .toList();
    if (paths.isEmpty()) {
      return Optional.empty();
    }
    List<String> names =
        byPath.values().stream()
            .flatMap(List::stream)
            .filter(PickleFindings::isUnknown)
            .map(PickledGlobal::path)
            .distinct()
            .sorted()
            .toList();
    return Optional.of(
        "pickles name classes or functions that are neither known to be safe nor dangerous: %s%s (checkpoints: %d, the first %s; table globals)"
            .formatted(
                String.join(", ", names.stream().limit(NAMED).map(SafeText::cut).toList()),
                names.size() > NAMED ? " and %d more".formatted(names.size() - NAMED) : "",
                paths.size(),
                SafeText.cut(paths.get(0))));
  }

  private static boolean isUnknown(PickledGlobal global) {
    return global.judgement() == Judgement.UNKNOWN;
  }
}
