package io.qtrace.job.audit;

import io.qtrace.compare.TensorStatus;
import io.qtrace.io.SafeText;
import io.qtrace.job.audit.policy.Category;
import io.qtrace.job.audit.policy.EdgeKind;
import io.qtrace.job.audit.policy.Expectation;
import io.qtrace.job.audit.policy.RunPolicy;
import io.qtrace.job.audit.policy.Subject;
import io.qtrace.job.audit.stage.Layer;
import io.qtrace.job.audit.stage.PairComparison;
import io.qtrace.job.audit.stage.TensorComparison;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Holds one compared pair against the policy. */
public final class EdgeJudge {
  private final RunPolicy rules;
  private final String child;

  /**
   * @param rules of the child's run
   * @param child path of the child
   */
  public EdgeJudge(RunPolicy rules, String child) {
    this.rules = rules;
    this.child = child;
  }

  /**
   * The findings of an edge of that kind, notes that are no findings, and what the LUTs did.
   *
   * @param changes every {@code _Q} of the pair, explained
   */
  Judgement judge(EdgeKind kind, PairComparison pair, List<QChange> changes) {
    List<LutMove> moves = LutMove.of(pair);
    Set<String> told = QFindings.tensors(changes);
    FindingList findings = new FindingList(rules.waivers(child));
    for (Category category : Category.values()) {
      Subject subject = Subject.of(category);
      byExpectation(kind, subject, pair.of(category), TensorComparison::name)
          .forEach(
              (expectation, tensors) -> {
                switch (expectation) {
                  case NEVER -> never(findings, kind, subject, tensors, told);
                  case MUST -> must(findings, kind, subject, tensors, moves);
                  case MAY -> {}
                }
              });
    }
    byExpectation(kind, Subject.EFFECTIVE_LUT, moves.stream(), LutMove::layer)
        .forEach((expectation, layers) -> effectiveLut(findings, kind, expectation, layers));
    QFindings.add(findings, changes);
    LutFindings.add(findings, kind, pair);
    CastFindings.add(findings, kind, pair);
    List<String> notes = new ArrayList<>(rules.notes(kind));
    notes.addAll(casts(pair));
    notes.addAll(QFindings.notes(changes));
    notes.addAll(findings.notes());
    return new Judgement(
        kind, findings.verdict(), findings.findings(), notes, moves, rules.identity(child));
  }

  private <T> Map<Expectation, List<T>> byExpectation(
      EdgeKind kind, Subject subject, Stream<T> all, Function<T, String> name) {
    return all.collect(
        Collectors.groupingBy(
            one -> rules.expectation(kind, subject, name.apply(one)),
            () -> new EnumMap<>(Expectation.class),
            Collectors.toList()));
  }

  // What has a counterexample is a finding already.
  private static void never(
      FindingList findings,
      EdgeKind kind,
      Subject subject,
      List<TensorComparison> tensors,
      Set<String> told) {
    List<TensorComparison> changed =
        tensors.stream()
            .filter(tensor -> tensor.isChanged() && !told.contains(tensor.name()))
            .toList();
    String message =
        "%d of %d %s tensors changed on an edge of kind %s, where they must never change, such as %s";
    findings.add(
        rule(subject, Expectation.NEVER),
        changed,
        TensorComparison::name,
        those -> message(message, those, tensors, kind, subject));
  }

  private static void must(
      FindingList findings,
      EdgeKind kind,
      Subject subject,
      List<TensorComparison> tensors,
      List<LutMove> moves) {
    List<TensorComparison> still =
        tensors.stream()
            .filter(tensor -> tensor.right().isPresent())
            .filter(
                tensor ->
                    subject == Subject.LUT_DELTAS ? !moved(tensor, moves) : !tensor.isChanged())
            .toList();
    String message =
        "%d of %d %s tensors did not change on an edge of kind %s, where they must change, such as %s";
    findings.add(
        rule(subject, Expectation.MUST),
        still,
        TensorComparison::name,
        those -> message(message, those, tensors, kind, subject));
  }

  private static String message(
      String format,
      List<TensorComparison> broken,
      List<TensorComparison> all,
      EdgeKind kind,
      Subject subject) {
    return format.formatted(
        broken.size(),
        all.size(),
        subject.label(),
        kind.label(),
        SafeText.of(broken.get(0).name()));
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

  private static void effectiveLut(
      FindingList findings, EdgeKind kind, Expectation expectation, List<LutMove> moves) {
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
    String what = expectation == Expectation.MUST ? "did not train" : "moved";
    findings.add(
        rule(Subject.EFFECTIVE_LUT, expectation),
        broken,
        LutMove::layer,
        those ->
            "the LUT %s in %d of %d layers on an edge of kind %s, such as %s"
                .formatted(
                    what,
                    those.size(),
                    moves.size(),
                    kind.label(),
                    SafeText.of(those.get(0).layer())));
  }

  private static String rule(Subject subject, Expectation expectation) {
    return subject.label() + "-" + expectation.label();
  }

  // Another dtype with the same numbers is no change, and no secret either.
  private static List<String> casts(PairComparison pair) {
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
