package io.qtrace.job.audit;

import io.qtrace.compare.TensorStatus;
import io.qtrace.io.SafeText;
import io.qtrace.job.audit.policy.Category;
import io.qtrace.job.audit.policy.EdgeKind;
import io.qtrace.job.audit.policy.Expectation;
import io.qtrace.job.audit.policy.Policy;
import io.qtrace.job.audit.policy.Subject;
import io.qtrace.job.lineage.FindingRow;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Holds one compared pair against the policy. */
public final class EdgeJudge {
  private final Policy policy;

  public EdgeJudge(Policy policy) {
    this.policy = policy;
  }

  /**
   * The findings of an edge of that kind, notes that are no findings, and what the LUTs did.
   *
   * @param changes every {@code _Q} of the pair, explained
   */
  Judgement judge(EdgeKind kind, PairComparison pair, List<QChange> changes) {
    List<LutMove> moves = LutMove.of(pair);
    List<FindingRow> findings = new ArrayList<>();
    for (Category category : Category.values()) {
      Subject subject = Subject.of(category);
      List<TensorComparison> tensors = pair.of(category).toList();
      switch (policy.expectation(kind, subject)) {
        case NEVER -> never(kind, subject, tensors).ifPresent(findings::add);
        case MUST -> must(kind, subject, tensors, moves).ifPresent(findings::add);
        case MAY -> {}
      }
    }
    effectiveLut(kind, moves).ifPresent(findings::add);
    findings.addAll(QFindings.of(changes));
    Verdict verdict = findings.isEmpty() ? Verdict.CLEAN : Verdict.VIOLATION;
    return new Judgement(kind, verdict, findings, notes(pair), moves);
  }

  private static Optional<FindingRow> never(
      EdgeKind kind, Subject subject, List<TensorComparison> tensors) {
    List<TensorComparison> changed = tensors.stream().filter(TensorComparison::isChanged).toList();
    return finding(
        kind, subject, Expectation.NEVER, "changed", changed, tensors.size(), "must never change");
  }

  private static Optional<FindingRow> must(
      EdgeKind kind, Subject subject, List<TensorComparison> tensors, List<LutMove> moves) {
    List<TensorComparison> still =
        tensors.stream()
            .filter(tensor -> tensor.right().isPresent())
            .filter(
                tensor ->
                    subject == Subject.LUT_DELTAS ? !moved(tensor, moves) : !tensor.isChanged())
            .toList();
    return finding(
        kind, subject, Expectation.MUST, "did not change", still, tensors.size(), "must change");
  }

  // Deltas that the parent lacks are held against those that its LUT implies: that they appear
  // proves nothing.
  private static boolean moved(TensorComparison deltas, List<LutMove> moves) {
    return moves.stream()
        .filter(move -> new Layer(move.layer()).deltas().equals(deltas.name()))
        .findFirst()
        .flatMap(LutMove::deltas)
        .map(largest -> largest > 0)
        .orElse(deltas.status() == TensorStatus.CHANGED);
  }

  private Optional<FindingRow> effectiveLut(EdgeKind kind, List<LutMove> moves) {
    Expectation expectation = policy.expectation(kind, Subject.EFFECTIVE_LUT);
    List<LutMove> broken =
        moves.stream()
            .filter(
                move ->
                    switch (expectation) {
                      case MUST -> move.effective() == 0;
                      case NEVER -> move.effective() > 0;
                      case MAY -> false;
                    })
            .toList();
    if (broken.isEmpty()) {
      return Optional.empty();
    }
    String what = expectation == Expectation.MUST ? "did not train" : "moved";
    return Optional.of(
        new FindingRow(
            rule(Subject.EFFECTIVE_LUT, expectation),
            broken.size(),
            broken.get(0).layer(),
            "the LUT %s in %d of %d layers on an edge of kind %s, such as %s"
                .formatted(
                    what,
                    broken.size(),
                    moves.size(),
                    kind.label(),
                    SafeText.of(broken.get(0).layer()))));
  }

  private static Optional<FindingRow> finding(
      EdgeKind kind,
      Subject subject,
      Expectation expectation,
      String what,
      List<TensorComparison> broken,
      int all,
      String rule) {
    if (broken.isEmpty()) {
      return Optional.empty();
    }
    TensorComparison example = broken.get(0);
    return Optional.of(
        new FindingRow(
            rule(subject, expectation),
            broken.size(),
            example.name(),
            "%d of %d %s tensors %s on an edge of kind %s, where they %s, such as %s"
                .formatted(
                    broken.size(),
                    all,
                    subject.label(),
                    what,
                    kind.label(),
                    rule,
                    SafeText.of(example.name()))));
  }

  private static String rule(Subject subject, Expectation expectation) {
    return subject.label() + "-" + expectation.label();
  }

  // Another dtype with the same numbers is no change, and no secret either.
  private static List<String> notes(PairComparison pair) {
    TreeMap<String, Long> casts =
        pair.tensors().stream()
            .filter(TensorComparison::isDtypeChanged)
            .collect(
                Collectors.groupingBy(
                    tensor ->
                        "%s tensors %s -> %s, %s"
                            .formatted(
                                tensor.category().label(),
                                tensor.left().orElseThrow().dtype().label(),
                                tensor.right().orElseThrow().dtype().label(),
                                tensor.isChanged() ? "numbers rounded or changed" : "same numbers"),
                    TreeMap::new,
                    Collectors.counting()));
    return casts.entrySet().stream().map(cast -> cast.getValue() + " " + cast.getKey()).toList();
  }
}
