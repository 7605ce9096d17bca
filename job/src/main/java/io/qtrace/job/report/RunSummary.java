package io.qtrace.job.report;

import io.qtrace.job.policy.EdgeKind;
import java.util.Collection;
import java.util.Comparator;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Counts of the edges of a run, in a few words. */
final class RunSummary {
  private RunSummary() {}

  /** The number of edges of each kind, the most frequent first: {@code 41 train, 1 bake}. */
  static String kinds(Collection<EdgeKind> kinds) {
    Map<String, Long> counts =
        kinds.stream()
            .collect(Collectors.groupingBy(EdgeKind::label, TreeMap::new, Collectors.counting()));
    return counts.entrySet().stream()
        .sorted(Map.Entry.comparingByValue(Comparator.reverseOrder()))
        .map(kind -> kind.getValue() + " " + kind.getKey())
        .collect(Collectors.joining(", "));
  }
}
