package io.qtrace.job.judge;

import io.qtrace.compare.TensorStatus;
import io.qtrace.io.Amount;
import io.qtrace.io.SafeText;
import io.qtrace.job.compare.TensorComparison;
import io.qtrace.job.operations.Step;
import io.qtrace.job.operations.Train;
import io.qtrace.job.operations.TrainedGroups;
import io.qtrace.job.policy.EdgeKind;
import io.qtrace.job.policy.Expectation;
import io.qtrace.job.policy.FindingList;
import io.qtrace.job.policy.RunPolicy;
import io.qtrace.job.policy.Subject;
import io.qtrace.lut.Category;
import io.qtrace.lut.LayerLut;
import io.qtrace.lut.LayerNames;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Changes of a step that break the policy's expectations for a kind of tensor. */
final class ExpectationFindings {
  private final FindingList findings;
  private final RunPolicy rules;
  private final EdgeKind kind;
  private final Step step;
  private final List<LutMove> moves;
  private final boolean idle;

  /**
   * @param idle whether the step is the first of a run and moved nothing, which is as it should be
   */
  ExpectationFindings(
      FindingList findings,
      RunPolicy rules,
      EdgeKind kind,
      Step step,
      List<LutMove> moves,
      boolean idle) {
    this.findings = findings;
    this.rules = rules;
    this.kind = kind;
    this.step = step;
    this.moves = moves;
    this.idle = idle;
  }

  /**
   * Adds all findings.
   *
   * @param reported names of tensors that a finding reports already
   */
  void add(Set<String> reported) {
    for (Category category : Category.values()) {
      Subject subject = Subject.of(category);
      byExpectation(subject, step.pair().of(category), TensorComparison::name)
          .forEach(
              (expectation, tensors) -> {
                switch (expectation) {
                  case NEVER -> never(subject, tensors, reported);
                  case MUST -> must(subject, tensors);
                  case INFERRED -> inferred(subject, tensors);
                  case MAY -> {}
                }
              });
    }
    byExpectation(Subject.EFFECTIVE_LUT, moves.stream(), LutMove::layer).forEach(this::effective);
  }

  private <T> Map<Expectation, List<T>> byExpectation(
      Subject subject, Stream<T> all, Function<T, String> name) {
    return all.collect(
        Collectors.groupingBy(
            one -> rules.expectation(kind, subject, name.apply(one)),
            () -> new EnumMap<>(Expectation.class),
            Collectors.toList()));
  }

  // A counterexample is a finding already; removed indices, or those recomputed from _Q, moved
  // nothing.
  private void never(Subject subject, List<TensorComparison> tensors, Set<String> reported) {
    List<TensorComparison> changed =
        tensors.stream()
            .filter(tensor -> tensor.isChanged() && !reported.contains(tensor.name()))
            .filter(tensor -> !step.isTied(tensor))
            .filter(tensor -> tensor.status() != TensorStatus.REMOVED || subject != Subject.INDICES)
            .filter(tensor -> !Train.isRemade(tensor, step))
            .sorted(
                Comparator.comparing(tensor -> tensor.right().isPresent())) // removed ones first
            .toList();
    broken(subject, Expectation.NEVER, changed, tensors);
  }

  private void must(Subject subject, List<TensorComparison> tensors) {
    broken(
        subject,
        Expectation.MUST,
        tensors.stream()
            .filter(tensor -> tensor.right().isPresent())
            .filter(
                tensor ->
                    subject == Subject.LUT_DELTAS ? !isMoved(tensor) && !idle : !tensor.isChanged())
            .toList(),
        tensors);
  }

  private void inferred(Subject subject, List<TensorComparison> tensors) {
    switch (subject) {
      case LUT_DELTAS -> deltas(tensors);
      case LUT -> storedLuts(tensors);
      default -> groups(subject, tensors);
    }
  }

  // All must move; if most did not, the others were not trained either.
  private void deltas(List<TensorComparison> tensors) {
    must(Subject.LUT_DELTAS, tensors);
    List<TensorComparison> present =
        tensors.stream().filter(tensor -> tensor.right().isPresent()).toList();
    List<TensorComparison> moved = present.stream().filter(this::isMoved).toList();
    if (2 * moved.size() < present.size()) {
      broken(Subject.LUT_DELTAS, Expectation.NEVER, moved, tensors);
    }
  }

  // With deltas the stored LUT becomes the one computed from them; without, it stays.
  private void storedLuts(List<TensorComparison> tensors) {
    Map<Boolean, List<TensorComparison>> byDeltas =
        tensors.stream()
            .filter(TensorComparison::isComparable)
            .collect(Collectors.partitioningBy(tensor -> trainedLut(tensor).isPresent()));
    broken(
        Subject.LUT,
        Expectation.NEVER,
        byDeltas.get(false).stream().filter(TensorComparison::isChanged).toList(),
        tensors);
    broken(
        Subject.LUT,
        Expectation.MUST,
        byDeltas.get(true).stream()
            .filter(tensor -> !tensor.isChanged())
            .filter(tensor -> trainedLut(tensor).filter(ExpectationFindings::isRefreshed).isEmpty())
            .toList(),
        tensors);
  }

  // The parent's LUT of a table's layer, if it has deltas.
  private Optional<LayerLut> trainedLut(TensorComparison table) {
    return LayerNames.ofLut(table.name())
        .flatMap(step::before)
        .filter(lut -> lut.deltas().isPresent());
  }

  private static boolean isRefreshed(LayerLut lut) {
    return lut.refreshesTo(lut.lut());
  }

  // All tensors of a trained group move, and none of the others.
  private void groups(Subject subject, List<TensorComparison> tensors) {
    TrainedGroups trained = step.trained();
    broken(
        subject,
        Expectation.NEVER,
        tensors.stream()
            .filter(tensor -> tensor.status() == TensorStatus.CHANGED && !trained.trains(tensor))
            .toList(),
        tensors);
    broken(
        subject,
        Expectation.MUST,
        tensors.stream()
            .filter(tensor -> tensor.isComparable() && !tensor.isChanged())
            .filter(tensor -> trained.trains(tensor) && TrainedGroups.mustMove(tensor))
            .filter(tensor -> !trained.mayStay(tensor))
            .toList(),
        tensors);
  }

  // Deltas that the parent lacks are compared with those that its LUT implies: their presence alone
  // proves nothing.
  private boolean isMoved(TensorComparison deltas) {
    return moves.stream()
        .filter(move -> new LayerNames(move.layer()).deltas().equals(deltas.name()))
        .findFirst()
        .flatMap(LutMove::deltas)
        .map(largest -> largest > 0)
        .orElse(deltas.status() == TensorStatus.CHANGED);
  }

  private void broken(
      Subject subject,
      Expectation expectation,
      List<TensorComparison> broken,
      List<TensorComparison> all) {
    String format =
        expectation == Expectation.NEVER
            ? "%s changed on an edge of kind %s, where none may change, such as %s"
            : "%s did not change on an edge of kind %s, where all must change, such as %s";
    findings.add(
        rule(subject, expectation),
        broken,
        TensorComparison::name,
        those ->
            format.formatted(
                Amount.of(those.size(), all.size(), subject.label() + " tensor"),
                kind.label(),
                SafeText.of(those.get(0).name())));
  }

  // LUTs that training uses, by layer.
  private void effective(Expectation expectation, List<LutMove> all) {
    switch (expectation) {
      case MUST -> still(all, all);
      case NEVER -> moved(all, all);
      case MAY -> {}
      case INFERRED -> {
        still(all.stream().filter(move -> move.deltas().isPresent()).toList(), all);
        moved(all.stream().filter(move -> !mayMove(move)).toList(), all);
      }
    }
  }

  // Deltas show that a LUT trains; where the parent's are gone, the stored LUT is in use again.
  private boolean mayMove(LutMove move) {
    return move.deltas().isPresent()
        || step.before(new LayerNames(move.layer())).flatMap(LayerLut::deltas).isPresent();
  }

  private void still(List<LutMove> trains, List<LutMove> all) {
    broken(
        Expectation.MUST,
        "did not train",
        trains.stream().filter(move -> move.effective() == 0 && !idle).toList(),
        all);
  }

  private void moved(List<LutMove> frozen, List<LutMove> all) {
    broken(
        Expectation.NEVER,
        "moved",
        frozen.stream().filter(move -> move.effective() > 0).toList(),
        all);
  }

  private void broken(
      Expectation expectation, String what, List<LutMove> broken, List<LutMove> all) {
    findings.add(
        rule(Subject.EFFECTIVE_LUT, expectation),
        broken,
        LutMove::layer,
        those ->
            "the LUT %s in %s on an edge of kind %s, such as %s"
                .formatted(
                    what,
                    Amount.of(those.size(), all.size(), "layer"),
                    kind.label(),
                    SafeText.of(those.get(0).layer())));
  }

  private static String rule(Subject subject, Expectation expectation) {
    return subject.label() + "-" + expectation.label();
  }
}
