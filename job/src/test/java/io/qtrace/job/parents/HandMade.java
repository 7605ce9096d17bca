package io.qtrace.job.parents;

import io.qtrace.io.ObjectStat;
import io.qtrace.job.archive.CheckpointFile;
import io.qtrace.job.archive.Role;
import io.qtrace.job.policy.EdgeKind;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** Checkpoints and forests without files. */
public final class HandMade {
  private HandMade() {}

  /** A checkpoint in the run of its folder: {@code RUN/stepN.pt} is a step, others are not. */
  public static CheckpointFile file(String path) {
    String name = path.substring(path.lastIndexOf('/') + 1);
    boolean step = name.matches("step\\d+\\.pt");
    return file(path, step ? Role.STEP : Role.OTHER, 0);
  }

  public static CheckpointFile file(String path, Role role, long modified) {
    String name = path.substring(path.lastIndexOf('/') + 1);
    String digits = name.replaceAll("\\D", "");
    boolean stated = role == Role.STEP || (role == Role.BAKED && !digits.isEmpty());
    long step = stated ? Long.parseLong(digits) : -1;
    return new CheckpointFile(
        new ObjectStat("file:/" + path, 1, modified, ""),
        path,
        path.substring(0, Math.max(0, path.lastIndexOf('/'))),
        role,
        step);
  }

  /** An edge that explains everything. */
  public static InferredEdge edge(CheckpointFile parent, CheckpointFile child, String kind) {
    return edge(parent, child, kind, 0);
  }

  public static InferredEdge edge(
      CheckpointFile parent, CheckpointFile child, String kind, int unexplained) {
    return new InferredEdge(parent, child, new EdgeKind(kind), 7, 3, unexplained, 0, 0.5);
  }

  public static InferredEdge copy(CheckpointFile original, CheckpointFile copy) {
    return InferredEdge.copy(original, copy, 10);
  }

  /** The forest of some edges: who has no parent is a root. */
  public static Forest forest(InferredEdge... edges) {
    Set<CheckpointFile> roots = new TreeSet<>();
    Set<CheckpointFile> children = new HashSet<>();
    for (InferredEdge edge : edges) {
      roots.add(edge.parent());
      children.add(edge.child());
    }
    roots.removeAll(children);
    List<InferredEdge> sorted =
        Arrays.stream(edges).sorted((one, other) -> one.child().compareTo(other.child())).toList();
    return new Forest(List.copyOf(roots), sorted, List.of(), List.of(), List.of());
  }

  /** Measured checkpoints, each with a content of its own, at a place on a line. */
  public static MeasuredCheckpoint measured(CheckpointFile file, double trained) {
    return new MeasuredCheckpoint(
        file,
        new Sketch(
            "content of " + file.path(),
            List.of(),
            new float[Sketch.DIMENSIONS],
            trained,
            10,
            false));
  }

  public static List<MeasuredCheckpoint> measured(Collection<CheckpointFile> files) {
    return files.stream().map(file -> measured(file, 0)).toList();
  }
}
