package io.qtrace.job.parents;

import io.qtrace.job.archive.CheckpointFile;
import io.qtrace.job.archive.Role;
import io.qtrace.job.operations.Average;
import io.qtrace.job.operations.Copy;
import io.qtrace.job.operations.Train;
import io.qtrace.job.parents.DeclaredParents.Declaration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** Checks declared parents against the forest that the weights show. */
public final class Ancestry {
  private final Map<CheckpointFile, InferredEdge> edges = new HashMap<>(); // by child
  private final Set<CheckpointFile> readable = new HashSet<>();
  private final Map<String, List<CheckpointFile>> steps = new HashMap<>(); // by run
  private final Map<CheckpointFile, Set<String>> runs = new HashMap<>(); // that have the content
  private final Map<CheckpointFile, List<CheckpointFile>> files = new HashMap<>(); // that have it
  private final Map<CheckpointFile, List<InferredEdge>> averages = new HashMap<>(); // by child
  private final Map<CheckpointFile, String> contents = new HashMap<>();
  private final Map<CheckpointFile, Set<CheckpointFile>> declared = new HashMap<>(); // by child
  private final Evaluation evaluation;
  private final Map<ProvedStep, Verification> proved;

  /**
   * @param proved what the data of both ends of some steps shows
   */
  public Ancestry(
      Forest forest,
      Collection<MeasuredCheckpoint> checkpoints,
      Evaluation evaluation,
      Map<ProvedStep, Verification> proved) {
    this.evaluation = evaluation;
    this.proved = Map.copyOf(proved);
    forest.edges().forEach(edge -> edges.put(edge.child(), edge));
    Stream.concat(forest.edges().stream(), forest.donors().stream())
        .filter(edge -> edge.kind().equals(Average.KIND))
        .forEach(
            edge -> averages.computeIfAbsent(edge.child(), child -> new ArrayList<>()).add(edge));
    for (MeasuredCheckpoint checkpoint : checkpoints) {
      CheckpointFile file = checkpoint.file();
      readable.add(file);
      contents.put(file, checkpoint.sketch().content());
      if (file.role() == Role.STEP) {
        steps.computeIfAbsent(file.run(), run -> new ArrayList<>()).add(file);
      }
      files.computeIfAbsent(original(file), content -> new ArrayList<>()).add(file);
      runs.computeIfAbsent(original(file), content -> new HashSet<>()).add(file.run());
    }
  }

  /** The evidence of the weights for each declaration, in their order. */
  public Map<Declaration, ParentEvidence> of(Collection<Declaration> claims) {
    for (Declaration claim : claims) {
      declared.computeIfAbsent(claim.child(), child -> new HashSet<>()).add(claim.parent());
    }
    Map<Declaration, ParentEvidence> opinions = new LinkedHashMap<>();
    Map<Declaration, InferredEdge> doubted = new LinkedHashMap<>();
    for (Declaration claim : claims) {
      opinions.put(claim, settled(claim));
      doubt(claim, opinions.get(claim)).ifPresent(edge -> doubted.put(claim, edge));
    }
    Map<Dispute, Dispute.Ruling> rulings =
        evaluation.rulings(
            doubted.entrySet().stream()
                .map(entry -> dispute(entry.getKey(), entry.getValue()))
                .distinct()
                .toList());
    Map<Declaration, ParentEvidence> misplaced = new LinkedHashMap<>();
    opinions.forEach(
        (claim, opinion) ->
            misplaced(claim, opinion, opinions)
                .ifPresent(copy -> misplaced.put(claim, new ParentEvidence.Contradicts(copy))));
    doubted.forEach(
        (claim, source) -> {
          Dispute.Ruling ruling = rulings.get(dispute(claim, source));
          if (opinions.get(claim) instanceof ParentEvidence.Reaches reached) {
            // A child fully explained by one operation needs no steps in between.
            boolean whole =
                !leaves(claim, source, ruling) && ruling.invented() <= source.invented();
            opinions.put(claim, whole ? new ParentEvidence.Silent() : reached);
          } else {
            opinions.put(claim, disputed(claim, source, ruling));
          }
        });
    opinions.putAll(misplaced);
    return opinions;
  }

  /**
   * A checkpoint of another run, from which a run comes, with the content of a best state in it.
   *
   * @param steps from it to the first step of the run
   */
  public record Earlier(InferredEdge copy, int steps) {}

  /**
   * What the first step of a run comes from that has the content of the run's best state.
   *
   * @param place from the first step to the best state
   */
  public Optional<Earlier> earlier(Declaration place) {
    List<InferredEdge> up =
        path(place.parent()).stream().filter(edge -> !edge.kind().equals(Copy.KIND)).toList();
    for (int i = 0; i < up.size(); i++) {
      if (isCopyOf(up.get(i).parent(), place.child())) {
        int steps = i + 1;
        return files.get(original(place.child())).stream()
            .filter(file -> !file.run().equals(place.child().run()))
            .min(Comparator.comparing(CheckpointFile::path))
            .map(file -> InferredEdge.copy(file, place.child(), copied(file, place.child())))
            .map(copy -> new Earlier(copy, steps));
      }
    }
    return Optional.empty();
  }

  // The step whose content a checkpoint has in spite of its name. No training comes out as another
  // one did: of two that were trained from different checkpoints and have one content, one is not
  // a step. The best state of a run is not a step of another one.
  private Optional<InferredEdge> misplaced(
      Declaration claim, ParentEvidence opinion, Map<Declaration, ParentEvidence> opinions) {
    CheckpointFile child = claim.child();
    boolean leads =
        path(child).stream()
            .anyMatch(edge -> original(edge.parent()).equals(original(claim.parent())));
    boolean misnamed =
        switch (child.role()) {
          case STEP, OTHER -> !isLed(opinion) && !leads;
          case BEST -> isForeign(child);
          case EMA, INITIAL, BAKED, EXPORT -> false;
        };
    if (!misnamed || !readable.contains(claim.parent()) || isCopyOf(claim.parent(), child)) {
      return Optional.empty();
    }
    return files.getOrDefault(original(child), List.of()).stream()
        .filter(file -> !file.equals(child))
        .filter(file -> isInPlace(file, child, opinions))
        .min(Comparator.comparing(CheckpointFile::path))
        .map(file -> InferredEdge.copy(file, child, copied(file, child)));
  }

  // Whether the content of a best state is of no step of its run, though that has some.
  private boolean isForeign(CheckpointFile best) {
    List<CheckpointFile> own = steps.getOrDefault(best.run(), List.of());
    return !own.isEmpty() && own.stream().noneMatch(step -> isCopyOf(step, best));
  }

  // Whether all that is claimed of a step is so; the first of a run has no claims.
  private static boolean isInPlace(
      CheckpointFile file, CheckpointFile other, Map<Declaration, ParentEvidence> opinions) {
    List<ParentEvidence> claims =
        opinions.entrySet().stream()
            .filter(one -> one.getKey().child().equals(file))
            .map(Map.Entry::getValue)
            .toList();
    return file.role() == Role.STEP
        && (!claims.isEmpty() || file.run().equals(other.run()))
        && claims.stream().allMatch(Ancestry::isLed);
  }

  private static boolean isLed(ParentEvidence opinion) {
    return opinion instanceof ParentEvidence.Agrees || opinion instanceof ParentEvidence.Reaches;
  }

  private int copied(CheckpointFile one, CheckpointFile other) {
    return Stream.of(one, other)
        .map(edges::get)
        .filter(edge -> edge != null && edge.kind().equals(Copy.KIND))
        .mapToInt(InferredEdge::shared)
        .findFirst()
        .orElse(0);
  }

  // A file that a tool made of a checkpoint of its own run has that one's source.
  private ParentEvidence disputed(Declaration claim, InferredEdge source, Dispute.Ruling ruling) {
    InferredEdge made = edges.get(claim.child());
    boolean ownTool =
        made != null
            && !made.equals(source)
            && isOwn(made.parent(), claim.child())
            && made.unexplained() == 0
            && !ParentEvidence.isTraining(made.kind());
    if (isProved(claim, source, ruling)) {
      return new ParentEvidence.Contradicts(source);
    }
    return ownTool
        ? new ParentEvidence.Reaches(List.of(source, made))
        : new ParentEvidence.Prefers(source);
  }

  // The edge that a declaration is checked against, if any.
  private Optional<InferredEdge> doubt(Declaration claim, ParentEvidence opinion) {
    if (opinion instanceof ParentEvidence.Agrees) {
      return Optional.empty();
    }
    if (opinion instanceof ParentEvidence.Reaches reached) {
      InferredEdge last = reached.steps().get(reached.steps().size() - 1);
      return reached.isTraining() || last.kind().equals(Copy.KIND)
          ? Optional.empty()
          : Optional.of(last);
    }
    return rival(claim);
  }

  private static Dispute dispute(Declaration claim, InferredEdge source) {
    return new Dispute(source.parent().id(), claim.parent().id(), source.child().id());
  }

  // The evidence of the forest alone for a declaration.
  private ParentEvidence settled(Declaration claim) {
    if (!readable.contains(claim.parent())) {
      return new ParentEvidence.Silent();
    }
    Optional<InferredEdge> member =
        averages.getOrDefault(claim.child(), List.of()).stream()
            .filter(edge -> isCopyOf(edge.parent(), claim.parent()))
            .findFirst();
    if (member.isPresent()) {
      return new ParentEvidence.Agrees(member.get());
    }
    List<InferredEdge> up = path(claim.child());
    if (up.isEmpty() || isCopyOf(claim.parent(), claim.child())) {
      return up.stream()
          .filter(edge -> edge.parent().equals(claim.parent()))
          .findFirst()
          .<ParentEvidence>map(ParentEvidence.Agrees::new)
          .orElseGet(ParentEvidence.Silent::new);
    }
    List<InferredEdge> steps = steps(claim, up);
    return steps.isEmpty()
        ? new ParentEvidence.Silent()
        : steps.size() == 1
            ? new ParentEvidence.Agrees(steps.get(0))
            : new ParentEvidence.Reaches(steps);
  }

  // The edge that a claim competes with, where the forest does not lead from its parent to the
  // child: of a source elsewhere, the one that leads into the run.
  private Optional<InferredEdge> rival(Declaration claim) {
    if (!readable.contains(claim.parent())) {
      return Optional.empty();
    }
    List<InferredEdge> up = path(claim.child());
    if (up.isEmpty() || isCopyOf(claim.parent(), claim.child()) || !steps(claim, up).isEmpty()) {
      return Optional.empty();
    }
    // A file with the same content does not compete, but its parent may.
    List<InferredEdge> made = up.stream().filter(edge -> !edge.kind().equals(Copy.KIND)).toList();
    return claim.parent().run().equals(claim.child().run())
        ? made.stream().findFirst()
        : made.stream().filter(edge -> !isOwn(edge.parent(), claim.child())).findFirst();
  }

  // From the claim's parent to its child, over checkpoints of the child's run if that is trained.
  private List<InferredEdge> steps(Declaration claim, List<InferredEdge> up) {
    for (int i = 0; i < up.size(); i++) {
      if (i > 0 && isOnlyCloser(up.get(i))) {
        break;
      }
      if (original(up.get(i).parent()).equals(original(claim.parent()))) {
        List<InferredEdge> steps = new ArrayList<>(up.subList(0, i + 1));
        Collections.reverse(steps);
        return steps;
      }
      // A tool's copy of config.json names the source of the run that it was made from.
      boolean mayLead = isOwn(up.get(i).parent(), claim.child()) || !isTrained(claim.child(), up);
      if (!mayLead) {
        break;
      }
    }
    return List.of();
  }

  // Whether an edge is a training from a checkpoint of another run that the child's does not
  // declare.
  private boolean isOnlyCloser(InferredEdge edge) {
    Set<CheckpointFile> parents = declared.getOrDefault(edge.child(), Set.of());
    return edge.kind().equals(Train.KIND)
        && !isOwn(edge.parent(), edge.child())
        && !parents.isEmpty()
        && parents.stream().noneMatch(parent -> isCopyOf(parent, edge.parent()));
  }

  // Whether the first edge from outside into a child's run is training.
  private boolean isTrained(CheckpointFile child, List<InferredEdge> up) {
    return up.stream()
        .filter(edge -> !isOwn(edge.parent(), child))
        .findFirst()
        .filter(edge -> edge.kind().equals(Train.KIND) || edge.unexplained() > 0)
        .isPresent();
  }

  // From a checkpoint up to its root, nearest edge first.
  private List<InferredEdge> path(CheckpointFile child) {
    List<InferredEdge> path = new ArrayList<>();
    for (InferredEdge edge = edges.get(child); edge != null; edge = edges.get(edge.parent())) {
      path.add(edge);
    }
    return path;
  }

  private boolean isCopyOf(CheckpointFile one, CheckpointFile other) {
    return original(one).equals(original(other));
  }

  private CheckpointFile original(CheckpointFile file) {
    InferredEdge edge = edges.get(file);
    return edge != null && edge.kind().equals(Copy.KIND) ? edge.parent() : file;
  }

  // Whether the child's run has a checkpoint's content.
  private boolean isOwn(CheckpointFile file, CheckpointFile child) {
    return runs.getOrDefault(original(file), Set.of()).contains(child.run());
  }

  // Nearness is not a proof, contents are: one operation makes the whole child from the other
  // parent, and none makes it from the claimed one; or what the claimed training changed has the
  // very bytes of the other parent.
  private boolean isProved(Declaration claim, InferredEdge source, Dispute.Ruling ruling) {
    boolean circular =
        path(claim.parent()).stream().anyMatch(edge -> edge.parent().equals(source.child()));
    boolean unexplained = leaves(claim, source, ruling);
    // Equal bytes do not show which was first.
    boolean later = !unexplained && Hints.isBefore(source.child(), source.parent());
    return (!circular && source.unexplained() == 0 && unexplained) || (ruling.kept() && !later);
  }

  // Whether facts or data leave tensors of the declared step unexplained.
  private boolean leaves(Declaration claim, InferredEdge source, Dispute.Ruling ruling) {
    Verification found =
        proved.get(new ProvedStep(contents.get(claim.parent()), contents.get(source.child())));
    return ruling.unexplained() > 0 || (found != null && found.unexplained() > 0);
  }
}
