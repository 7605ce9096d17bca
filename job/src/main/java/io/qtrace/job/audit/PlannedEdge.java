package io.qtrace.job.audit;

import io.qtrace.io.SafeText;
import io.qtrace.job.archive.CheckpointFile;
import io.qtrace.job.judge.EdgeEnds;
import io.qtrace.job.judge.Evidence;
import io.qtrace.job.judge.JudgedChild;
import io.qtrace.job.lineage.AuditedEdge;
import io.qtrace.job.parents.GraftedTensors;
import io.qtrace.job.parents.ParentPart;
import io.qtrace.job.parents.WeightsEvidence;
import io.qtrace.job.parents.WeightsEvidence.Says;
import io.qtrace.job.policy.EdgeKind;
import io.qtrace.job.policy.Finding;
import io.qtrace.job.policy.FindingList;
import io.qtrace.job.policy.RunPolicy;
import io.qtrace.job.policy.Waivers;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Collectors;

/**
 * An edge of an audit, with the evidence of the weights of the whole archive.
 *
 * @param run folder of the child
 * @param steps optimizer steps of the run until the child, or {@link CheckpointFile#NO_STEP}
 * @param evidence labels of the evidence for the edge
 * @param part what the child has of this parent
 * @param others the child's other parents
 * @param grafted tensors of the child from a checkpoint that is not an ancestor
 */
record PlannedEdge(
    EdgeEnds ends,
    String run,
    long steps,
    Status status,
    List<String> evidence,
    WeightsEvidence weights,
    ParentPart part,
    List<Other> others,
    Optional<GraftedTensors> grafted)
    implements Serializable {
  private static final String CONTRADICTED = "parent-contradicted";
  private static final String MISNAMED = "name-contradicted";

  /** Another parent of the child. */
  record Other(String id, String path) implements Serializable {}

  /** Whether and how an edge is judged. */
  enum Status {
    /** One step, which is judged. */
    DIRECT,
    /** Several steps, which are judged in its place. */
    INDIRECT,
    /** Rejected: the child was made from another checkpoint. */
    REJECTED
  }

  PlannedEdge {
    Objects.requireNonNull(ends, "ends");
    Objects.requireNonNull(run, "run");
    Objects.requireNonNull(status, "status");
    evidence = List.copyOf(evidence);
    Objects.requireNonNull(weights, "weights");
    Objects.requireNonNull(part, "part");
    others = List.copyOf(others);
    Objects.requireNonNull(grafted, "grafted");
  }

  static PlannedEdge of(Edge edge, Status status, WeightsEvidence weights) {
    return new PlannedEdge(
        edge.ends(),
        edge.child().run(),
        edge.child().optimizerSteps().orElse(CheckpointFile.NO_STEP),
        status,
        edge.evidenceLabels(),
        weights,
        ParentPart.WHOLE,
        List.of(),
        Optional.empty());
  }

  /** The same edge of a child that has other parents. */
  PlannedEdge with(ParentPart given, Collection<CheckpointFile> more) {
    return new PlannedEdge(
        ends,
        run,
        steps,
        status,
        evidence,
        weights,
        given,
        more.stream().map(file -> new Other(file.id(), file.path())).toList(),
        grafted);
  }

  /** The same edge to a child that took tensors from another checkpoint. */
  PlannedEdge with(GraftedTensors taken) {
    return new PlannedEdge(
        ends, run, steps, status, evidence, weights, part, others, Optional.of(taken));
  }

  /** The findings about tensors that the child took. */
  FindingList graftFindings(Waivers waivers) {
    return grafted.map(taken -> taken.findings(waivers)).orElseGet(() -> new FindingList(waivers));
  }

  /** The child, as its edge is judged. */
  JudgedChild child() {
    return new JudgedChild(
        ends.childPath(),
        steps == CheckpointFile.NO_STEP ? OptionalLong.empty() : OptionalLong.of(steps));
  }

  boolean isOf(CheckpointFile parent) {
    return ends.parentId().equals(parent.id());
  }

  boolean isJudged() {
    return status == Status.DIRECT;
  }

  /** The kind of an edge that is not judged. */
  EdgeKind unjudgedKind() {
    return status == Status.INDIRECT ? EdgeKind.SEVERAL : EdgeKind.NONE;
  }

  // A declared source, or the place that a name claims within its run, that is proved wrong is a
  // finding, any other opinion a note.
  private boolean isContradicted() {
    return weights.says() == Says.CONTRADICTS;
  }

  /** What the weights show beyond findings. */
  List<String> notes() {
    List<String> notes = new ArrayList<>();
    if (!isContradicted()) {
      weights.sentence(ends.childPath()).map("weights: "::concat).ifPresent(notes::add);
    }
    if (!others.isEmpty()) {
      notes.add(sentence());
    }
    return notes;
  }

  private String sentence() {
    String paths =
        others.stream().map(other -> SafeText.of(other.path())).collect(Collectors.joining(", "));
    return switch (part) {
      case BASE -> "the other tensors are from " + paths;
      case WHOLE -> throw new IllegalStateException("Of several parents none gave all");
      case ADAPTER -> "this adapter was merged into " + paths;
      case DONOR -> "the other tensors are from " + paths;
      case MEMBER -> "averaged with " + paths;
    };
  }

  /** Adds the findings of an edge that is not judged as a step. */
  void addFindings(FindingList findings) {
    if (isContradicted()) {
      boolean declared = evidence.contains(Evidence.DECLARED.label());
      findings.add(
          declared ? CONTRADICTED : MISNAMED,
          List.of(weights.edge().orElseThrow().parent()),
          parent -> parent,
          those ->
              "the weights contradict the %s: "
                      .formatted(declared ? "declared source" : "file's name")
                  + weights.sentence(ends.childPath()).orElseThrow());
    }
  }

  /**
   * Whether an earlier audit judged the same edge: equal ends, evidence and weights evidence under
   * equal rules.
   */
  boolean isAnsweredBy(AuditedEdge stored, RunPolicy rules) {
    return stored.ends().parentId().equals(ends.parentId())
        && stored.ends().childId().equals(ends.childId())
        && stored.evidence().equals(evidence)
        && weights.equals(stored.weights())
        && part == stored.parentPart()
        && graftFindings(rules.waivers(ends.childPath()))
            .findings()
            .equals(stored.findings().stream().filter(GraftedTensors::isGraft).toList())
        && stored.rules().rulesHash().equals(rules.identity(ends.childPath()));
  }

  /** Whether a finding is that the weights contradict a declared source. */
  static boolean isContradiction(Finding finding) {
    return finding.rule().equals(CONTRADICTED);
  }
}
