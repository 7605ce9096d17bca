package io.qtrace.job.lineage;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import io.qtrace.job.judge.EdgeCounts;
import io.qtrace.job.judge.EdgeEnds;
import io.qtrace.job.judge.Evidence;
import io.qtrace.job.parents.ParentPart;
import io.qtrace.job.parents.WeightsEvidence;
import io.qtrace.job.policy.EdgeKind;
import io.qtrace.job.policy.Finding;
import io.qtrace.job.policy.Verdict;
import java.io.Serializable;
import java.util.List;
import java.util.Objects;

/**
 * One edge with its verdict: small enough for the driver.
 *
 * @param parentPart what the child has of the parent
 * @param trained groups of tensors that a train edge trains; empty for other kinds and in rows of
 *     older versions
 * @param evidence why the pair is an edge, in the order of {@link Evidence}
 * @param notes remarks that are not findings
 * @param weights evidence of the weights of the whole archive
 */
public record AuditedEdge(
    @JsonUnwrapped EdgeEnds ends,
    ParentPart parentPart,
    EdgeKind kind,
    List<String> evidence,
    Verdict verdict,
    @JsonUnwrapped EdgeCounts counts,
    List<String> trained,
    List<Finding> findings,
    List<String> notes,
    @JsonUnwrapped Rules rules,
    @JsonIgnore WeightsEvidence weights)
    implements Serializable {
  /**
   * The policy that a verdict depends on.
   *
   * @param rulesHash of the policy, the overrides of the run and the waivers in force
   */
  public record Rules(
      @JsonProperty("policy_version") int version,
      @JsonProperty("policy_hash") String hash,
      @JsonProperty("rules_hash") String rulesHash)
      implements Serializable {}

  public AuditedEdge {
    Objects.requireNonNull(ends, "ends");
    Objects.requireNonNull(parentPart, "parentPart");
    Objects.requireNonNull(kind, "kind");
    Objects.requireNonNull(verdict, "verdict");
    evidence = List.copyOf(evidence);
    trained = trained == null ? List.of() : List.copyOf(trained);
    findings = List.copyOf(findings);
    notes = List.copyOf(notes);
  }

  AuditedEdge withoutWeights() {
    return new AuditedEdge(
        ends, parentPart, kind, evidence, verdict, counts, trained, findings, notes, rules, null);
  }

  @JsonIgnore
  public boolean isViolation() {
    return verdict == Verdict.VIOLATION;
  }

  /** Whether the weights reject the edge. */
  @JsonIgnore
  public boolean isRejected() {
    return kind.equals(EdgeKind.NONE);
  }

  /** Whether it is one step, without findings. */
  @JsonIgnore
  public boolean isExplained() {
    return verdict == Verdict.CLEAN && !isRejected() && !kind.equals(EdgeKind.SEVERAL);
  }

  public boolean has(Evidence wanted) {
    return evidence.contains(wanted.label());
  }
}
