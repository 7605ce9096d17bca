package io.qtrace.job.audit;

import io.qtrace.io.SafeText;
import io.qtrace.job.archive.CheckpointFile;
import io.qtrace.job.audit.policy.EdgeKind;
import io.qtrace.job.audit.policy.RunPolicy;
import io.qtrace.job.lineage.EdgeRow;
import io.qtrace.job.lineage.FindingRow;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * An edge of an audit, and what the weights of the whole archive say of it.
 *
 * @param told kind of an edge that only the weights tell
 * @param reason what the weights say, beside that they agree
 * @param other the parent that they tell in place of a declared one
 */
record PlannedEdge(
    Edge edge,
    EdgeEnds ends,
    Standing standing,
    Optional<EdgeKind> told,
    Optional<String> reason,
    Optional<CheckpointFile> other) {
  private static final String CONTRADICTED = "parent-contradicted";
  private static final String WEIGHTS = "weights: ";

  /** Whether an edge is judged. */
  enum Standing {
    /** One step, which is judged. */
    STEP,
    /** More steps than one: those are judged, it is not. */
    SEVERAL,
    /** No step at all: the child was made from another checkpoint. */
    NONE;

    private String label() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }
  }

  PlannedEdge {
    Objects.requireNonNull(edge, "edge");
    Objects.requireNonNull(ends, "ends");
    Objects.requireNonNull(standing, "standing");
    Objects.requireNonNull(told, "told");
    Objects.requireNonNull(reason, "reason");
    Objects.requireNonNull(other, "other");
  }

  static PlannedEdge step(Edge edge) {
    return of(edge, Standing.STEP, Optional.empty());
  }

  static PlannedEdge told(Edge edge, EdgeKind kind, String reason) {
    return new PlannedEdge(
        edge,
        EdgeEnds.of(edge),
        Standing.STEP,
        Optional.of(kind),
        Optional.of(reason),
        Optional.empty());
  }

  static PlannedEdge of(Edge edge, Standing standing, Optional<String> reason) {
    return new PlannedEdge(
        edge, EdgeEnds.of(edge), standing, Optional.empty(), reason, Optional.empty());
  }

  static PlannedEdge contradicted(Edge edge, CheckpointFile other, String reason) {
    return new PlannedEdge(
        edge,
        EdgeEnds.of(edge),
        Standing.NONE,
        Optional.empty(),
        Optional.of(reason),
        Optional.of(other));
  }

  boolean isJudged() {
    return standing == Standing.STEP;
  }

  /** The kind that its row shows. */
  String kindLabel(Judgement judgement) {
    return isJudged() ? judgement.kind().label() : standing.label();
  }

  /** What the weights say that no finding says. */
  List<String> notes() {
    return other.isPresent() ? List.of() : reason.map(WEIGHTS::concat).stream().toList();
  }

  /** The verdict of an edge that is not judged as a step. */
  Judgement unjudged(RunPolicy rules) {
    FindingList findings = new FindingList(rules.waivers(ends.childPath()));
    findings.add(
        CONTRADICTED, other.stream().toList(), CheckpointFile::path, those -> reason.orElseThrow());
    List<String> notes = new ArrayList<>(notes());
    notes.addAll(findings.notes());
    return new Judgement(
        EdgeKind.UNKNOWN,
        findings.verdict(),
        findings.findings(),
        notes,
        List.of(),
        rules.identity(ends.childPath()));
  }

  /** Whether a row that an earlier audit stored for these ends says the same. */
  boolean isSaidBy(EdgeRow row) {
    boolean sameKind =
        isJudged()
            ? told.map(kind -> row.kind().equals(kind.label())).orElse(!isUnjudged(row))
            : row.kind().equals(standing.label());
    return sameKind
        && row.evidence().equals(edge.evidenceLabels())
        && reasons(row).equals(reason.stream().collect(Collectors.toSet()));
  }

  private static boolean isUnjudged(EdgeRow row) {
    return row.kind().equals(Standing.SEVERAL.label()) || row.kind().equals(Standing.NONE.label());
  }

  private static Set<String> reasons(EdgeRow row) {
    Set<String> reasons = new HashSet<>();
    row.notes().stream()
        .filter(note -> note.startsWith(WEIGHTS))
        .forEach(note -> reasons.add(note.substring(WEIGHTS.length())));
    row.findings().stream()
        .filter(PlannedEdge::isContradiction)
        .forEach(finding -> reasons.add(finding.message()));
    return reasons;
  }

  /** Whether a finding is that the weights contradict a declared source. */
  static boolean isContradiction(FindingRow finding) {
    return finding.rule().equals(CONTRADICTED);
  }

  /** A path in a sentence. */
  static String text(CheckpointFile file) {
    return SafeText.of(file.path());
  }
}
