package io.qtrace.job.audit;

import io.qtrace.job.archive.CheckpointFile;
import io.qtrace.job.judge.EdgeEnds;
import io.qtrace.job.judge.Evidence;
import io.qtrace.job.parents.DeclaredParents.Declaration;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/** A checkpoint, another one that was made from it, and the evidence for that. */
public record Edge(CheckpointFile parent, CheckpointFile child, Set<Evidence> evidence) {
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

  EdgeEnds ends() {
    return new EdgeEnds(parent.id(), child.id(), parent.path(), child.path());
  }

  Declaration claim() {
    return new Declaration(parent, child);
  }
}
