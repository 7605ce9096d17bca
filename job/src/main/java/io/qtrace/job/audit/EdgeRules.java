package io.qtrace.job.audit;

import io.qtrace.io.SafeText;
import io.qtrace.job.archive.Archive;
import io.qtrace.job.archive.CheckpointFile;
import io.qtrace.job.archive.Role;
import io.qtrace.job.archive.Run;
import io.qtrace.job.judge.Evidence;
import io.qtrace.job.policy.Finding;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Edges that follow from the runs themselves. A run's {@code source_checkpoint} leads to every
 * checkpoint that it trained, so that no change hides between two steps; within the run, the
 * initial state leads to the steps and the best state, a step to the next one, a step to what was
 * baked from it, the last step to the exports, and a moving average comes from the step before it
 * and the state next to it.
 */
final class EdgeRules {
  private static final int MAX_PATH = 4096; // characters that a path may have

  private final Archive archive;
  private final Map<List<CheckpointFile>, Edge> edges = new LinkedHashMap<>();
  private final List<Edge> places = new ArrayList<>();
  private final List<Finding> findings = new ArrayList<>();

  private EdgeRules(Archive archive) {
    this.archive = archive;
  }

  /**
   * The result of the rules.
   *
   * @param edges in order of runs
   * @param places an edge from the first step of a run to its best state, if nothing else says
   *     where that comes from: only to check that it belongs to the run
   * @param findings sources that the archive does not have
   */
  record Found(List<Edge> edges, List<Edge> places, List<Finding> findings) {}

  static Found of(Archive archive) {
    EdgeRules rules = new EdgeRules(archive);
    archive.runs().forEach(rules::addRun);
    return new Found(List.copyOf(rules.edges.values()), rules.places, rules.findings);
  }

  private void addRun(Run run) {
    Optional<CheckpointFile> source = source(run);
    List<CheckpointFile> steps = withRole(run, Role.STEP);
    List<CheckpointFile> trained = new ArrayList<>(steps);
    trained.addAll(withRole(run, Role.BEST));
    initial(run)
        .ifPresent(initial -> trained.forEach(child -> add(initial, child, Evidence.ORDER)));
    source.ifPresent(parent -> trained.forEach(child -> add(parent, child, Evidence.DECLARED)));
    if (initial(run).isEmpty() && source.isEmpty() && !steps.isEmpty()) {
      withRole(run, Role.BEST)
          .forEach(best -> places.add(new Edge(steps.get(0), best, EnumSet.of(Evidence.ORDER))));
    }
    for (int i = 1; i < steps.size(); i++) {
      add(steps.get(i - 1), steps.get(i), Evidence.ORDER);
    }
    withRole(run, Role.BAKED).forEach(baked -> addMade(baked, stepBefore(steps, baked), source));
    Optional<CheckpointFile> end = lastOf(trained, steps);
    withRole(run, Role.EXPORT).forEach(export -> addMade(export, end, source));
    withRole(run, Role.EMA).forEach(average -> addAverage(run, average, steps, source));
    withRole(run, Role.OTHER)
        .forEach(other -> source.ifPresent(parent -> add(parent, other, Evidence.DECLARED)));
  }

  // Tools add to the names of what they make of it.
  private static Optional<CheckpointFile> initial(Run run) {
    return withRole(run, Role.INITIAL).stream()
        .min(
            Comparator.comparingInt((CheckpointFile file) -> withoutExtension(file).length())
                .thenComparing(CheckpointFile::path));
  }

  // A moving average is of the steps before it, and of the state that it was saved with.
  private void addAverage(
      Run run,
      CheckpointFile average,
      List<CheckpointFile> steps,
      Optional<CheckpointFile> source) {
    addMade(average, stepBefore(steps, average), source);
    run.checkpoints().stream()
        .filter(file -> file.role() != Role.EMA)
        .filter(file -> withoutExtension(file).equals(withoutEma(average)))
        .forEach(state -> add(state, average, Evidence.ORDER));
  }

  private static String withoutEma(CheckpointFile average) {
    return withoutExtension(average).replaceFirst("[_-]ema(?=[_-]|$)", "");
  }

  private static String withoutExtension(CheckpointFile file) {
    return file.path().replaceFirst("\\.[^./]*$", "");
  }

  // A file made from a checkpoint of its own run, else from the run's source.
  private void addMade(
      CheckpointFile made, Optional<CheckpointFile> own, Optional<CheckpointFile> source) {
    if (own.isPresent()) {
      add(own.get(), made, Evidence.ORDER);
    } else {
      source.ifPresent(parent -> add(parent, made, Evidence.DECLARED));
    }
  }

  private void add(CheckpointFile parent, CheckpointFile child, Evidence evidence) {
    if (!parent.equals(child)) {
      edges.merge(
          List.of(parent, child), new Edge(parent, child, EnumSet.of(evidence)), EdgeRules::both);
    }
  }

  private static Edge both(Edge one, Edge other) {
    EnumSet<Evidence> evidence = EnumSet.copyOf(one.evidence());
    evidence.addAll(other.evidence());
    return new Edge(one.parent(), one.child(), evidence);
  }

  private static Optional<CheckpointFile> stepBefore(
      List<CheckpointFile> steps, CheckpointFile baked) {
    return steps.stream()
        .filter(step -> baked.stepIfKnown().isEmpty() || step.step() <= baked.step())
        .reduce((first, last) -> last);
  }

  private static Optional<CheckpointFile> lastOf(
      List<CheckpointFile> trained, List<CheckpointFile> steps) {
    List<CheckpointFile> ends = steps.isEmpty() ? trained : steps;
    return ends.stream().reduce((first, last) -> last);
  }

  private static List<CheckpointFile> withRole(Run run, Role role) {
    return run.checkpoints().stream()
        .filter(file -> file.role() == role)
        .sorted(Comparator.comparingLong(CheckpointFile::step).thenComparing(CheckpointFile::path))
        .toList();
  }

  private Optional<CheckpointFile> source(Run run) {
    Optional<String> declared = run.config().sourceCheckpoint();
    Optional<CheckpointFile> found = declared.flatMap(this::resolve);
    if (declared.isPresent() && found.isEmpty()) {
      findings.add(
          new Finding(
              "source-missing",
              0,
              run.path(),
              "Cannot find the declared source %s of run %s in this archive"
                  .formatted(SafeText.cut(declared.get()), SafeText.of(run.path()))));
    }
    return found;
  }

  // The checkpoint that shares the most trailing path segments with the declared path, at least run
  // folder and file.
  private Optional<CheckpointFile> resolve(String declared) {
    return archive.checkpoints().stream()
        .filter(file -> sharedSegments(file.path(), declared) >= 2)
        .max(
            Comparator.<CheckpointFile>comparingInt(file -> sharedSegments(file.path(), declared))
                .thenComparing(Comparator.reverseOrder()));
  }

  private static int sharedSegments(String path, String declared) {
    String[] left = path.split("/");
    String end = declared.substring(Math.max(0, declared.length() - MAX_PATH));
    String[] right = end.replace('\\', '/').split("/");
    int shared = 0;
    while (shared < Math.min(left.length, right.length)
        && left[left.length - 1 - shared].equals(right[right.length - 1 - shared])) {
      shared++;
    }
    // A path relative to the run's own folder names the file alone.
    return shared == left.length ? Math.max(shared, 2) : shared;
  }
}
