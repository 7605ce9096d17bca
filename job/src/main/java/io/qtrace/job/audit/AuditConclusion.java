package io.qtrace.job.audit;

import io.qtrace.compare.Ulps;
import io.qtrace.io.Amount;
import io.qtrace.io.SafeText;
import io.qtrace.job.judge.EdgeCounts;
import io.qtrace.job.lineage.AuditedEdge;
import io.qtrace.job.lineage.CauseCount;
import io.qtrace.job.lineage.LineageStore;
import io.qtrace.job.lineage.RecordedEdge;
import io.qtrace.job.operations.QCause;
import io.qtrace.job.operations.QExplanation.Proof;
import io.qtrace.job.operations.Train;
import io.qtrace.job.policy.EdgeKind;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/** Answers the notebook's questions for a whole archive, from one small record per edge. */
final class AuditConclusion {
  private static final int NAMED = 3; // maximum paths in a sentence

  // Causes in the order of their sentences; others follow.
  private static final List<String> FIRST = List.of("BAKED", "SYNCED", "REQUANTIZED", "CAST");

  private final Map<AuditedEdge, List<CauseCount>> edges = new LinkedHashMap<>();

  private AuditConclusion() {}

  /**
   * A sentence for each question: whether training changed {@code _Q}, what else did, whether the
   * LUTs trained, what is unexplained, which edges no operation explains, which declared sources
   * are contradicted.
   */
  static List<String> of(AuditOutcome outcome, LineageStore lineage, int unreadable) {
    AuditConclusion conclusion = new AuditConclusion();
    Map<RecordedEdge, List<CauseCount>> earlier =
        lineage.causes(outcome.edges().stream().filter(edge -> !outcome.isNew(edge)).toList());
    for (RecordedEdge edge : outcome.edges()) {
      conclusion.edges.put(
          edge.edge(),
          outcome.isNew(edge)
              ? outcome.causes().getOrDefault(edge.edge().ends(), List.of())
              : earlier.getOrDefault(edge, List.of()));
    }
    return conclusion.lines(unreadable);
  }

  private List<String> lines(int unreadable) {
    List<String> lines = new ArrayList<>();
    lines.add(training());
    for (String cause : causes()) {
      for (Proof proof : Proof.values()) {
        if (count(edge -> true, is(cause, proof)) > 0) {
          lines.add(explained(cause, proof));
        }
      }
    }
    lines.addAll(luts());
    lines.add(unexplained());
    lines.addAll(unknown());
    lines.addAll(parents());
    if (unreadable > 0) {
      lines.add(
          "%s could not be read or evaluated.".formatted(Amount.of(unreadable, "checkpoint")));
    }
    return lines;
  }

  private String training() {
    Predicate<AuditedEdge> trained = edge -> edge.kind().equals(Train.KIND);
    long training = edges.keySet().stream().filter(trained).count();
    long compared = count(trained, cause -> true);
    long moved = count(trained, cause -> cause.cause().isPresent());
    return moved == 0
        ? "Training never changed a _Q: %s, %s of _Q."
            .formatted(Amount.of(training, "train edge"), Amount.of(compared, "comparison"))
        : "Training changed %d of %d _Q, on %s: %s."
            .formatted(
                moved,
                compared,
                Amount.of(
                    with(trained, cause -> cause.cause().isPresent()).size(),
                    training,
                    "train edge"),
                children(trained, cause -> cause.cause().isPresent()));
  }

  // Causes that explain something, in order.
  private List<String> causes() {
    List<String> causes = new ArrayList<>(FIRST);
    edges.values().stream()
        .flatMap(List::stream)
        .flatMap(count -> count.cause().stream())
        .filter(cause -> !causes.contains(cause))
        .distinct()
        .sorted()
        .forEach(causes::add);
    causes.removeIf(
        cause -> cause.equals(QCause.UNEXPLAINED.name()) || count(edge -> true, is(cause)) == 0);
    return causes;
  }

  private String explained(String cause, Proof proof) {
    Predicate<CauseCount> wanted = is(cause, proof);
    String drift =
        edges.values().stream()
            .flatMap(List::stream)
            .filter(wanted)
            .flatMap(count -> count.drift().stream())
            .max(Double::compare)
            .map(", largest drift %s"::formatted)
            .orElse("");
    String how =
        switch (proof) {
          case PROVED -> "all elements reproduced";
          case WITHIN_ROUNDING -> "all elements reproduced, %s".formatted(rounded(wanted));
          case UNPROVED -> "not recomputed";
        };
    return "%d _Q %s, %s%s: %s."
        .formatted(count(edge -> true, wanted), cause, how, drift, children(edge -> true, wanted));
  }

  private String rounded(Predicate<CauseCount> wanted) {
    return edges.values().stream()
        .flatMap(List::stream)
        .filter(wanted)
        .map(CauseCount::rounded)
        .reduce(Ulps.NONE, Ulps::merge)
        .text();
  }

  private static Predicate<CauseCount> is(String cause, Proof proof) {
    return is(cause).and(count -> count.proof() == proof);
  }

  private List<String> luts() {
    List<AuditedEdge> training =
        edges.keySet().stream()
            .filter(edge -> edge.kind().equals(Train.KIND))
            .filter(edge -> edge.counts().luts().lutLayers() > 0)
            .toList();
    List<AuditedEdge> idle = training.stream().filter(edge -> isIdle(edge.counts())).toList();
    if (training.isEmpty()) {
      return List.of();
    }
    return List.of(
        idle.isEmpty()
            ? "Every LUT that trains moved, in every layer."
            : "The LUT did not move in every layer on %s: %s."
                .formatted(Amount.of(idle.size(), training.size(), "train edge"), paths(idle)));
  }

  private static boolean isIdle(EdgeCounts counts) {
    return counts.luts().lutTrained() < counts.luts().lutLayers();
  }

  private String unexplained() {
    Predicate<CauseCount> none = is(QCause.UNEXPLAINED.name());
    long count = count(edge -> true, none);
    return count == 0
        ? "Every change of a _Q is explained."
        : "%d _Q changed without an explanation: %s."
            .formatted(count, children(edge -> true, none));
  }

  private List<String> unknown() {
    List<AuditedEdge> unknown =
        edges.keySet().stream().filter(edge -> edge.kind().equals(EdgeKind.UNKNOWN)).toList();
    return unknown.isEmpty()
        ? List.of()
        : List.of("Changes that no known operation explains: %s.".formatted(paths(unknown)));
  }

  private List<String> parents() {
    List<AuditedEdge> wrong =
        edges.keySet().stream()
            .filter(edge -> edge.findings().stream().anyMatch(PlannedEdge::isContradiction))
            .toList();
    return wrong.isEmpty()
        ? List.of()
        : List.of("The weights contradict the declared source: %s.".formatted(paths(wrong)));
  }

  private static Predicate<CauseCount> is(String cause) {
    return count -> count.cause().equals(Optional.of(cause));
  }

  private long count(Predicate<AuditedEdge> which, Predicate<CauseCount> causes) {
    return edges.entrySet().stream()
        .filter(edge -> which.test(edge.getKey()))
        .flatMap(edge -> edge.getValue().stream())
        .filter(causes)
        .mapToLong(CauseCount::count)
        .sum();
  }

  private List<AuditedEdge> with(Predicate<AuditedEdge> which, Predicate<CauseCount> causes) {
    return edges.entrySet().stream()
        .filter(edge -> which.test(edge.getKey()))
        .filter(edge -> edge.getValue().stream().anyMatch(causes))
        .map(Map.Entry::getKey)
        .toList();
  }

  private String children(Predicate<AuditedEdge> which, Predicate<CauseCount> causes) {
    return paths(with(which, causes));
  }

  private static String paths(List<AuditedEdge> all) {
    List<String> paths =
        all.stream().map(edge -> SafeText.of(edge.ends().childPath())).distinct().toList();
    return paths.size() <= NAMED
        ? String.join(", ", paths)
        : String.join(", ", paths.subList(0, NAMED))
            + " and %d more".formatted(paths.size() - NAMED);
  }
}
