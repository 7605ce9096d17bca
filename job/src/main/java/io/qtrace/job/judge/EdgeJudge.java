package io.qtrace.job.judge;

import io.qtrace.compare.DiffStats;
import io.qtrace.compare.TensorStatus;
import io.qtrace.io.SafeText;
import io.qtrace.job.compare.Category;
import io.qtrace.job.compare.PairComparison;
import io.qtrace.job.compare.TensorComparison;
import io.qtrace.job.operations.Classifier;
import io.qtrace.job.operations.Copy;
import io.qtrace.job.operations.Operation;
import io.qtrace.job.operations.Operations;
import io.qtrace.job.operations.Step;
import io.qtrace.job.operations.Sync;
import io.qtrace.job.operations.Train;
import io.qtrace.job.operations.TrainedGroups;
import io.qtrace.job.policy.EdgeKind;
import io.qtrace.job.policy.Expectation;
import io.qtrace.job.policy.FindingList;
import io.qtrace.job.policy.RunPolicy;
import io.qtrace.job.policy.Subject;
import io.qtrace.lut.LayerLut;
import io.qtrace.lut.LayerNames;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Judges one edge: which operation it is, why each {@code _Q} changed, and whether the policy
 * allows it. A pure function of the step and the rules of the child's run.
 */
public final class EdgeJudge implements Serializable {
  private static final long serialVersionUID = 1;

  private final Operations operations;

  public EdgeJudge(Operations operations) {
    this.operations = operations;
  }

  /**
   * Judges a step.
   *
   * @param skipped what the step does not show
   * @param rules of the child's run
   * @param child path of the child
   * @param asked kind to judge it as, in place of the one that explains the most
   */
  public Judgement judge(
      Step step, NotCompared skipped, RunPolicy rules, String child, Optional<EdgeKind> asked) {
    Classifier.Outcome outcome = new Classifier(operations).classify(step);
    EdgeKind kind = asked.orElseGet(() -> kind(outcome, skipped));
    Optional<Operation> operation = operations.of(kind);
    List<QChange> changes = QChange.of(step, operations, operation);
    List<LutMove> moves = LutMove.of(step);
    Set<String> reported = QFindings.tensors(changes);
    Set<String> settled = new HashSet<>(reported);
    changes.stream()
        .filter(change -> change.explanation().cause().equals(Optional.of(Sync.SYNCED_TRAINED)))
        .forEach(change -> settled.add(change.quantized().name()));
    FindingList findings = new FindingList(rules.waivers(child));
    PairComparison pair = step.pair();
    for (Category category : Category.values()) {
      Subject subject = Subject.of(category);
      byExpectation(rules, kind, subject, pair.of(category), TensorComparison::name)
          .forEach(
              (expectation, tensors) -> {
                switch (expectation) {
                  case NEVER -> never(findings, kind, subject, tensors, step, reported);
                  case MUST -> must(findings, kind, subject, tensors, moves);
                  case INFERRED -> inferred(findings, kind, subject, tensors, step, moves);
                  case MAY -> {}
                }
              });
    }
    byExpectation(rules, kind, Subject.EFFECTIVE_LUT, moves.stream(), LutMove::layer)
        .forEach((expectation, layers) -> effectiveLut(findings, kind, expectation, layers, step));
    QFindings.add(findings, changes);
    addLutFindings(findings, operation, step);
    ChildFindings.add(
        findings,
        kind,
        operation.map(Operation::quantization).orElse(Operation.Quantization.KEPT),
        step,
        settled);
    operation.ifPresent(known -> known.addFindings(findings, step));
    List<TensorComparison> open =
        unexplained(outcome, kind, pair)
            .filter(tensor -> !reported.contains(tensor.name()))
            .filter(tensor -> isOpen(rules, kind, tensor, operation))
            .toList();
    if (kind.equals(EdgeKind.UNKNOWN)) {
      addUnexplained(findings, open);
    } else {
      addOtherTensors(findings, kind, open);
    }
    skipped.addFindings(
        findings, pair.byName().values().stream().noneMatch(TensorComparison::isComparable));
    if (findings.findings().isEmpty() && kind.equals(EdgeKind.UNKNOWN)) {
      addUnexplained(
          findings, pair.tensors().stream().filter(TensorComparison::isChanged).toList());
    }
    List<String> notes = new ArrayList<>(rules.notes(kind));
    notes.addAll(skipped.notes());
    notes.addAll(casts(pair));
    notes.addAll(QFindings.notes(changes));
    notes.addAll(TrainNotes.of(kind, step));
    notes.addAll(findings.notes());
    return new Judgement(
        kind,
        findings.verdict(),
        findings.findings(),
        notes,
        changes,
        moves,
        outcome,
        rules.identity(child));
  }

  // What the operation of a kind leaves, of an unknown one the nearest.
  private static Stream<TensorComparison> unexplained(
      Classifier.Outcome outcome, EdgeKind kind, PairComparison pair) {
    if (kind.equals(EdgeKind.UNKNOWN) && outcome.best().isEmpty()) {
      return pair.tensors().stream().filter(TensorComparison::isChanged);
    }
    EdgeKind nearest =
        kind.equals(EdgeKind.UNKNOWN) ? outcome.best().orElseThrow().operation().kind() : kind;
    return outcome.unexplained(nearest).map(pair.byName()::get);
  }

  // What is a copy as far as it was compared need not be one.
  private static EdgeKind kind(Classifier.Outcome outcome, NotCompared skipped) {
    boolean open = outcome.kind().equals(Copy.KIND) && !skipped.quantized().isEmpty();
    return open ? EdgeKind.UNKNOWN : outcome.kind();
  }

  private static <T> Map<Expectation, List<T>> byExpectation(
      RunPolicy rules, EdgeKind kind, Subject subject, Stream<T> all, Function<T, String> name) {
    return all.collect(
        Collectors.groupingBy(
            one -> rules.expectation(kind, subject, name.apply(one)),
            () -> new EnumMap<>(Expectation.class),
            Collectors.toList()));
  }

  // Whether no other finding tells what an operation leaves unexplained of a tensor.
  private static boolean isOpen(
      RunPolicy rules, EdgeKind kind, TensorComparison tensor, Optional<Operation> operation) {
    boolean named = operation.filter(Operation::reportsUnexplained).isPresent();
    return switch (rules.expectation(kind, Subject.of(tensor.category()), tensor.name())) {
      case MAY ->
          !tensor.isComparable()
              || switch (tensor.category()) {
                case SCALE, LUT_DELTAS, OTHER -> !named;
                case LUT, Q, INDICES -> false;
              };
      case INFERRED -> !tensor.isComparable();
      case MUST, NEVER -> false;
    };
  }

  // What has a counterexample is a finding already; indices that are gone, or made of _Q, moved
  // nothing.
  private static void never(
      FindingList findings,
      EdgeKind kind,
      Subject subject,
      List<TensorComparison> tensors,
      Step step,
      Set<String> reported) {
    List<TensorComparison> changed =
        tensors.stream()
            .filter(tensor -> tensor.isChanged() && !reported.contains(tensor.name()))
            .filter(tensor -> tensor.status() != TensorStatus.REMOVED || subject != Subject.INDICES)
            .filter(tensor -> !Train.isRemade(tensor, step))
            .sorted(
                Comparator.comparing(tensor -> tensor.right().isPresent())) // what is gone first
            .toList();
    expectation(findings, kind, subject, Expectation.NEVER, changed, tensors);
  }

  // Of a group that trains all move, of another none.
  private static void inferred(
      FindingList findings,
      EdgeKind kind,
      Subject subject,
      List<TensorComparison> tensors,
      Step step,
      List<LutMove> moves) {
    if (subject == Subject.LUT_DELTAS) {
      deltas(findings, kind, tensors, moves);
      return;
    }
    if (subject == Subject.LUT) {
      storedLut(findings, kind, tensors, step);
      return;
    }
    TrainedGroups trained = step.trained();
    expectation(
        findings,
        kind,
        subject,
        Expectation.NEVER,
        tensors.stream()
            .filter(tensor -> tensor.status() == TensorStatus.CHANGED && !trained.trains(tensor))
            .toList(),
        tensors);
    expectation(
        findings,
        kind,
        subject,
        Expectation.MUST,
        tensors.stream()
            .filter(tensor -> tensor.isComparable() && !tensor.isChanged())
            .filter(tensor -> trained.trains(tensor) && TrainedGroups.mustMove(tensor))
            .toList(),
        tensors);
  }

  // All move; where most did not, those that did are no training either.
  private static void deltas(
      FindingList findings, EdgeKind kind, List<TensorComparison> tensors, List<LutMove> moves) {
    must(findings, kind, Subject.LUT_DELTAS, tensors, moves);
    List<TensorComparison> present =
        tensors.stream().filter(tensor -> tensor.right().isPresent()).toList();
    List<TensorComparison> moved = present.stream().filter(tensor -> moved(tensor, moves)).toList();
    if (2 * moved.size() < present.size()) {
      expectation(findings, kind, Subject.LUT_DELTAS, Expectation.NEVER, moved, tensors);
    }
  }

  // Of a layer with deltas it becomes the LUT that they give, of another it stays.
  private static void storedLut(
      FindingList findings, EdgeKind kind, List<TensorComparison> tensors, Step step) {
    Map<Boolean, List<TensorComparison>> byDeltas =
        tensors.stream()
            .filter(TensorComparison::isComparable)
            .collect(Collectors.partitioningBy(tensor -> deltas(tensor, step).isPresent()));
    expectation(
        findings,
        kind,
        Subject.LUT,
        Expectation.NEVER,
        byDeltas.get(false).stream().filter(TensorComparison::isChanged).toList(),
        tensors);
    expectation(
        findings,
        kind,
        Subject.LUT,
        Expectation.MUST,
        byDeltas.get(true).stream()
            .filter(tensor -> !tensor.isChanged())
            .filter(tensor -> deltas(tensor, step).filter(EdgeJudge::isRefreshed).isEmpty())
            .toList(),
        tensors);
  }

  // The parent's LUT of a table's layer, where it has deltas.
  private static Optional<LayerLut> deltas(TensorComparison table, Step step) {
    return LayerNames.ofLut(table.name())
        .flatMap(step::before)
        .filter(lut -> lut.deltas().isPresent());
  }

  private static boolean isRefreshed(LayerLut lut) {
    return lut.refreshesTo(lut.lut());
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
    expectation(findings, kind, subject, Expectation.MUST, still, tensors);
  }

  private static void expectation(
      FindingList findings,
      EdgeKind kind,
      Subject subject,
      Expectation expectation,
      List<TensorComparison> broken,
      List<TensorComparison> all) {
    String format =
        expectation == Expectation.NEVER
            ? "%d of %d %s tensors changed on an edge of kind %s, where they must never change, such as %s"
            : "%d of %d %s tensors did not change on an edge of kind %s, where they must change, such as %s";
    findings.add(
        rule(subject, expectation),
        broken,
        TensorComparison::name,
        those ->
            format.formatted(
                those.size(),
                all.size(),
                subject.label(),
                kind.label(),
                SafeText.of(those.get(0).name())));
  }

  // Deltas that the parent lacks are compared with those that its LUT implies: that they appear
  // proves nothing.
  private static boolean moved(TensorComparison deltas, List<LutMove> moves) {
    return moves.stream()
        .filter(move -> new LayerNames(move.layer()).deltas().equals(deltas.name()))
        .findFirst()
        .flatMap(LutMove::deltas)
        .map(largest -> largest > 0)
        .orElse(deltas.status() == TensorStatus.CHANGED);
  }

  private static void effectiveLut(
      FindingList findings,
      EdgeKind kind,
      Expectation expectation,
      List<LutMove> moves,
      Step step) {
    switch (expectation) {
      case MUST -> still(findings, kind, moves, moves);
      case NEVER -> moved(findings, kind, moves, moves);
      case MAY -> {}
      case INFERRED -> {
        still(
            findings,
            kind,
            moves.stream().filter(move -> move.deltas().isPresent()).toList(),
            moves);
        moved(findings, kind, moves.stream().filter(move -> !mayMove(move, step)).toList(), moves);
      }
    }
  }

  // Deltas tell that a LUT trains; where the parent's are gone, the stored LUT is in use again.
  private static boolean mayMove(LutMove move, Step step) {
    return move.deltas().isPresent()
        || step.before(new LayerNames(move.layer())).flatMap(LayerLut::deltas).isPresent();
  }

  private static void still(
      FindingList findings, EdgeKind kind, List<LutMove> trains, List<LutMove> all) {
    effectiveLut(
        findings,
        kind,
        Expectation.MUST,
        "did not train",
        trains.stream().filter(move -> move.effective() == 0).toList(),
        all);
  }

  private static void moved(
      FindingList findings, EdgeKind kind, List<LutMove> frozen, List<LutMove> all) {
    effectiveLut(
        findings,
        kind,
        Expectation.NEVER,
        "moved",
        frozen.stream().filter(move -> move.effective() > 0).toList(),
        all);
  }

  private static void effectiveLut(
      FindingList findings,
      EdgeKind kind,
      Expectation expectation,
      String what,
      List<LutMove> broken,
      List<LutMove> moves) {
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

  // Stored LUTs that changed otherwise than the operation changes them.
  private static void addLutFindings(
      FindingList findings, Optional<Operation> operation, Step step) {
    findings.add(
        "lut-unexplained",
        step.lutLayers().stream()
            .filter(layer -> step.isMoved(layer.lut()))
            .filter(layer -> step.before(layer).isPresent() && step.after(layer).isPresent())
            .filter(
                layer ->
                    !operation
                        .map(known -> known.explainsLut(layer, step))
                        .orElseGet(() -> Operation.isBakeOrRefresh(layer, step)))
            .toList(),
        LayerNames::lut,
        those ->
            "%d lut changed as neither a bake nor a refresh of the parent's deltas does, such as %s: %s"
                .formatted(
                    those.size(),
                    SafeText.of(those.get(0).lut()),
                    elements(step.tensor(those.get(0).lut()).orElseThrow(), "entries")));
  }

  // Where the policy allows changes of a tensor, it means those that the operation makes.
  private static void addOtherTensors(
      FindingList findings, EdgeKind kind, List<TensorComparison> others) {
    findings.add(
        "unexplained",
        others,
        TensorComparison::name,
        those ->
            "%d tensors changed otherwise than a step of kind %s changes them, such as %s: %s"
                .formatted(
                    those.size(),
                    kind.label(),
                    SafeText.of(those.get(0).name()),
                    change(those.get(0))));
  }

  // What no operation explains is never plainly clean.
  private static void addUnexplained(FindingList findings, List<TensorComparison> changed) {
    findings.add(
        "unexplained",
        changed,
        TensorComparison::name,
        those ->
            "%d tensors changed, which no known operation explains, such as %s: %s"
                .formatted(those.size(), SafeText.of(those.get(0).name()), change(those.get(0))));
  }

  private static String change(TensorComparison tensor) {
    return tensor.compared().isPresent() ? elements(tensor, "elements") : tensor.status().name();
  }

  private static String elements(TensorComparison tensor, String what) {
    DiffStats stats = tensor.compared().orElseThrow();
    return "%d of %d %s, the first at element %d"
        .formatted(stats.changedElements(), stats.elements(), what, stats.firstChangedIndex());
  }

  // Another dtype with the same numbers is not a change, but worth a note.
  private static List<String> casts(PairComparison pair) {
    TreeMap<String, Long> casts =
        pair.tensors().stream()
            .filter(TensorComparison::isDtypeChanged)
            .collect(
                Collectors.groupingBy(
                    tensor ->
                        "%s tensors %s".formatted(tensor.category().label(), Casts.text(tensor)),
                    TreeMap::new,
                    Collectors.counting()));
    return casts.entrySet().stream().map(cast -> cast.getValue() + " " + cast.getKey()).toList();
  }
}
