package io.qtrace.job.report;

import io.qtrace.io.SafeText;
import io.qtrace.job.lineage.AuditedEdge;
import io.qtrace.job.text.Paragraph;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** What runs train, one line for all runs that train the same. */
final class Regimes {
  private static final int MOST = 10; // lines
  private static final int NAMED = 3; // runs in a line

  private Regimes() {}

  /** No lines if nothing trains, or if older versions evaluated the edges. */
  static List<String> lines(Collection<AuditedEdge> edges) {
    Map<String, List<String>> runs = new LinkedHashMap<>(); // by what they train
    steps(edges)
        .forEach(
            (run, steps) ->
                runs.computeIfAbsent(regime(List.copyOf(steps.values())), text -> new ArrayList<>())
                    .add(run.isEmpty() ? "." : SafeText.of(run)));
    List<String> lines = new ArrayList<>();
    runs.entrySet().stream()
        .limit(MOST)
        .forEach(one -> lines.addAll(Paragraph.lines("  ", line(one.getKey(), one.getValue()))));
    More.of(runs.size() - MOST, "regimes").ifPresent(more -> lines.add("  " + more));
    return lines;
  }

  // The train edges of each run, one per child: from its own run if there is one.
  private static Map<String, Map<String, AuditedEdge>> steps(Collection<AuditedEdge> edges) {
    Map<String, Map<String, AuditedEdge>> runs = new TreeMap<>();
    for (AuditedEdge edge : edges) {
      if (!edge.trained().isEmpty()) {
        String run = RunTable.run(edge.ends().childPath());
        boolean own = RunTable.run(edge.ends().parentPath()).equals(run);
        runs.computeIfAbsent(run, path -> new LinkedHashMap<>())
            .merge(edge.ends().childPath(), edge, (one, other) -> own ? other : one);
      }
    }
    return runs;
  }

  private static String line(String regime, List<String> runs) {
    String names = runs.stream().limit(NAMED).collect(Collectors.joining(", "));
    return "%s: %s%s"
        .formatted(
            regime,
            names,
            runs.size() > NAMED ? " and %d more".formatted(runs.size() - NAMED) : "");
  }

  /**
   * The groups that the steps of a run train, in order; with the first or last checkpoint of a
   * group that not all steps train.
   */
  static String regime(List<AuditedEdge> steps) {
    Set<String> groups = new LinkedHashSet<>();
    steps.forEach(step -> groups.addAll(step.trained()));
    return groups.stream().map(group -> held(group, steps)).collect(Collectors.joining(", "));
  }

  private static String held(String group, List<AuditedEdge> steps) {
    int[] trains =
        IntStream.range(0, steps.size())
            .filter(i -> steps.get(i).trained().contains(group))
            .toArray();
    int first = trains[0];
    int last = trains[trains.length - 1];
    if (trains.length < last - first + 1 || (first > 0 && last < steps.size() - 1)) {
      return "%s in %d of %d steps".formatted(group, trains.length, steps.size());
    }
    if (first > 0) {
      return "%s from %s on".formatted(group, name(steps.get(first)));
    }
    return last < steps.size() - 1 ? "%s until %s".formatted(group, name(steps.get(last))) : group;
  }

  private static String name(AuditedEdge step) {
    String path = step.ends().childPath();
    return SafeText.of(path.substring(path.lastIndexOf('/') + 1));
  }
}
