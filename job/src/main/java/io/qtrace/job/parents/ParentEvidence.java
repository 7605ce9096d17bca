package io.qtrace.job.parents;

import io.qtrace.job.operations.Copy;
import io.qtrace.job.operations.Train;
import io.qtrace.job.policy.EdgeKind;
import java.util.List;

/** The evidence of the weights for a declared parent of a checkpoint. */
public sealed interface ParentEvidence {
  /** Whether a kind makes numbers that no tool makes, or none. */
  static boolean isTraining(EdgeKind kind) {
    return kind.equals(Train.KIND) || kind.equals(Copy.KIND);
  }

  /** The parent is the one that the weights show, or has the same content. */
  record Agrees(InferredEdge edge) implements ParentEvidence {}

  /**
   * The parent leads to the child through other checkpoints of the child's run.
   *
   * @param steps from the parent to the child, two or more
   */
  record Reaches(List<InferredEdge> steps) implements ParentEvidence {
    public Reaches {
      steps = List.copyOf(steps);
    }

    /** Whether any step is training. */
    public boolean trains() {
      return steps.stream().anyMatch(step -> step.kind().equals(Train.KIND));
    }

    /** The step to the child. */
    public InferredEdge last() {
      return steps.get(steps.size() - 1);
    }

    /** Whether all steps together are training. */
    public boolean isTraining() {
      return steps.stream().allMatch(step -> ParentEvidence.isTraining(step.kind()));
    }
  }

  /** Contents prove another parent. */
  record Contradicts(InferredEdge edge) implements ParentEvidence {}

  /**
   * Another checkpoint is closer, which proves nothing: runs with a common starting point are close
   * to each other.
   */
  record Prefers(InferredEdge edge) implements ParentEvidence {}

  /** The weights show no parent. */
  record Silent() implements ParentEvidence {}
}
