package io.qtrace.job.policy;

import com.fasterxml.jackson.databind.JsonNode;
import io.qtrace.io.SafeText;
import io.qtrace.job.archive.RunConfig;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** The policy for the edges that lead to the checkpoints of one run. */
public final class RunPolicy implements Serializable {
  private static final long serialVersionUID = 1;

  // Raised when edges are judged differently than before, so that they are judged again.
  private static final int JUDGING_VERSION = 6;

  private final Policy policy;
  private final String run;
  private final RunConfig config;
  private final List<RunOverride> overrides;

  RunPolicy(Policy policy, String run, RunConfig config) {
    this.policy = Objects.requireNonNull(policy, "policy");
    this.run = Objects.requireNonNull(run, "run");
    this.config = Objects.requireNonNull(config, "config");
    this.overrides =
        policy.overrides().stream()
            .filter(override -> override.reason(run, config).isPresent())
            .toList();
  }

  /**
   * What is expected of a tensor, or of a layer's LUT: from the last override that states it, else
   * from the kind of the edge.
   */
  public Expectation expectation(EdgeKind kind, Subject subject, String tensor) {
    Expectation expectation = policy.expectation(kind, subject);
    for (RunOverride override : overrides) {
      expectation = override.expectation(kind, subject, tensor).orElse(expectation);
    }
    return expectation;
  }

  /** Notes naming the overrides for a kind of edge, and why they apply to this run. */
  public List<String> notes(EdgeKind kind) {
    List<String> notes = new ArrayList<>();
    if (!config.problem().isEmpty() && !policy.overrides().isEmpty()) {
      notes.add(config.problem() + "; overrides of the policy may be missed");
    }
    for (RunOverride override : overrides) {
      if (override.edges().containsKey(kind)) {
        String why = override.reason(run, config).orElseThrow();
        notes.add("policy override '%s' applies: %s".formatted(override.name(), why));
      }
    }
    return notes.stream().map(SafeText::of).toList();
  }

  /** The {@code lut_max_abs} in the run's settings, if it is valid. */
  public Optional<Double> lutMaxAbs() {
    return config
        .setting("lut_max_abs")
        .filter(JsonNode::isNumber)
        .map(JsonNode::doubleValue)
        .filter(value -> value > 0 && Double.isFinite(value));
  }

  /** The waivers for a checkpoint of this run. */
  public Waivers waivers(String checkpoint) {
    return policy.waivers().of(run, checkpoint);
  }

  /**
   * Hash of everything that the verdict of an edge to a checkpoint of this run depends on, in
   * addition to the content of its ends: the version of the judging code, the policy, the overrides
   * that apply, lut_max_abs, the waivers and which of them are in force today.
   */
  public String identity(String checkpoint) {
    List<String> reasons =
        overrides.stream()
            .map(override -> override.name() + override.reason(run, config).orElseThrow())
            .toList();
    Waivers about = waivers(checkpoint);
    return Policy.hash(
        List.of(
                JUDGING_VERSION,
                policy.hash(),
                config.problem(),
                lutMaxAbs(),
                reasons,
                about.all(),
                about.inForce())
            .toString());
  }
}
