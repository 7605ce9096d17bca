package io.qtrace.job.parents;

import io.qtrace.io.Amount;
import io.qtrace.io.SafeText;
import io.qtrace.job.policy.EdgeKind;
import java.io.Serializable;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The evidence of the weights of a whole archive about an edge, as stored; sentences are rendered
 * from it.
 *
 * @param says whether the weights agree, and if not, what they show
 * @param edge the edge that they show in its place, or the one that they infer; empty where they
 *     show none
 * @param steps from parent to child, where there are several
 */
public record WeightsEvidence(Says says, Optional<Shown> edge, List<Taken> steps)
    implements Serializable {
  /** Kinds of evidence. */
  public enum Says {
    /** Nothing: they show no parent. */
    NOTHING,
    /** The parent is the one that they show, or has the same content. */
    AGREES,
    /** They alone show the edge. */
    INFERS,
    /** The parent leads to the child through other checkpoints of its run. */
    REACHES,
    /** Another checkpoint is closer, which is not a proof. */
    PREFERS,
    /** They prove another parent. */
    CONTRADICTS;

    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * An edge that the weights show.
   *
   * @param parent path of it
   * @param child path of it, which may be an ancestor of the edge's child
   */
  public record Shown(
      String parent, String child, EdgeKind kind, int shared, int changed, int unexplained)
      implements Serializable {
    static Shown of(InferredEdge edge) {
      return new Shown(
          edge.parent().path(),
          edge.child().path(),
          edge.kind(),
          edge.shared(),
          edge.changed(),
          edge.unexplained());
    }

    private String counts() {
      String counts = "%s shared, %d changed".formatted(Amount.of(shared, "tensor"), changed);
      if (unexplained == 0) {
        return counts;
      }
      return kind.equals(EdgeKind.UNKNOWN)
          ? counts + ", not explained by any known operation"
          : "%s, %d of them not explained by %s".formatted(counts, unexplained, kind.label());
    }
  }

  /** One of several steps, to a checkpoint. */
  public record Taken(EdgeKind kind, String child) implements Serializable {}

  /** The weights show no parent. */
  public static final WeightsEvidence NOTHING = of(Says.NOTHING);

  /** The weights agree. */
  public static final WeightsEvidence AGREES = of(Says.AGREES);

  public WeightsEvidence {
    Objects.requireNonNull(says, "says");
    Objects.requireNonNull(edge, "edge");
    steps = List.copyOf(steps);
  }

  private static WeightsEvidence of(Says says) {
    return new WeightsEvidence(says, Optional.empty(), List.of());
  }

  /** An edge that the weights alone show. */
  public static WeightsEvidence infers(InferredEdge edge) {
    return shows(Says.INFERS, edge);
  }

  /** Another parent, proved or only closer. */
  public static WeightsEvidence shows(Says says, InferredEdge edge) {
    return new WeightsEvidence(says, Optional.of(Shown.of(edge)), List.of());
  }

  /** Several steps. */
  public static WeightsEvidence reaches(List<InferredEdge> steps) {
    return new WeightsEvidence(
        Says.REACHES,
        Optional.empty(),
        steps.stream().map(step -> new Taken(step.kind(), step.child().path())).toList());
  }

  /**
   * The evidence in one sentence; empty if it is not worth a note.
   *
   * @param claimed path of the edge's child
   */
  public Optional<String> sentence(String claimed) {
    return switch (says) {
      case NOTHING, AGREES -> Optional.empty();
      case INFERS -> edge.map(Shown::counts);
      case REACHES ->
          Optional.of(
              steps.stream()
                  .map(step -> "%s to %s".formatted(step.kind().label(), SafeText.of(step.child())))
                  .collect(
                      Collectors.joining(
                          ", ", steps.size() + " steps, each judged separately: ", "")));
      case PREFERS ->
          edge.map(shown -> SafeText.of(shown.parent()) + " is closer, which is not a proof");
      case CONTRADICTS ->
          edge.map(
              shown ->
                  "%s was made from %s (%s)"
                      .formatted(
                          shown.child().equals(claimed) ? "it" : SafeText.of(shown.child()),
                          SafeText.of(shown.parent()),
                          shown.counts()));
    };
  }
}
