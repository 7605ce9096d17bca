package io.qtrace.job.audit;

import io.qtrace.job.archive.CheckpointFile;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/** Two checkpoints, one made from the other, and what says so. */
public record Edge(CheckpointFile parent, CheckpointFile child, Set<Evidence> evidence) {
  /** What says that a checkpoint was made from another. */
  public enum Evidence {
    /** {@code source_checkpoint} in the run's {@code config.json}. */
    DECLARED,
    /** Roles and steps within one run. */
    ORDER,
    /** The weights themselves. */
    WEIGHTS;

    public String label() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }
  }

  public Edge {
    Objects.requireNonNull(parent, "parent");
    Objects.requireNonNull(child, "child");
    evidence = EnumSet.copyOf(evidence);
    if (parent.equals(child)) {
      throw new IllegalArgumentException("Invalid edge: " + parent.path() + " to itself");
    }
  }

  /** The same with one more piece of evidence. */
  Edge with(Evidence more) {
    Set<Evidence> all = EnumSet.of(more);
    all.addAll(evidence);
    return new Edge(parent, child, all);
  }

  List<String> evidenceLabels() {
    return evidence.stream().map(Evidence::label).toList();
  }
}
