package io.qtrace.job.judge;

import io.qtrace.compare.DiffStats;
import io.qtrace.io.Amount;
import io.qtrace.io.SafeText;
import io.qtrace.job.compare.PairComparison;
import io.qtrace.job.compare.TensorComparison;
import io.qtrace.job.operations.Classifier;
import io.qtrace.job.operations.Classifier.Unexplained;
import io.qtrace.job.operations.Copy;
import io.qtrace.job.operations.Operation;
import io.qtrace.job.operations.Operations;
import io.qtrace.job.operations.Step;
import io.qtrace.job.operations.Sync;
import io.qtrace.job.policy.EdgeKind;
import io.qtrace.job.policy.FindingList;
import io.qtrace.job.policy.RunPolicy;
import io.qtrace.job.policy.Subject;
import io.qtrace.lut.LayerNames;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
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
   * @param skipped content that could not be compared
   * @param rules of the child's run
   * @param asked kind to judge it as, instead of the one that explains the most
   */
  public Judgement judge(
      Step step,
      NotCompared skipped,
      RunPolicy rules,
      JudgedChild child,
      Optional<EdgeKind> asked) {
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
    FindingList findings = new FindingList(rules.waivers(child.path()));
    PairComparison pair = step.pair();
    boolean idle = FirstStep.isIdle(kind, step, child.steps());
    new ExpectationFindings(findings, rules, kind, step, moves, idle).add(reported);
    QFindings.add(findings, changes);
    addLutFindings(findings, operation, step);
    ChildFindings.add(
        findings,
        kind,
        operation.map(Operation::quantization).orElse(Operation.Quantization.KEPT),
        step,
        settled);
    operation.ifPresent(known -> known.addFindings(findings, step));
    List<Unexplained> open =
        unexplained(outcome, kind, pair)
            .filter(one -> !reported.contains(one.tensor()))
            .filter(one -> isOpen(rules, kind, pair.byName().get(one.tensor()), operation))
            .toList();
    if (kind.equals(EdgeKind.UNKNOWN)) {
      addUnexplained(findings, open, pair);
    } else {
      addOtherTensors(findings, kind, open, pair);
    }
    skipped.addFindings(
        findings, pair.byName().values().stream().noneMatch(TensorComparison::isComparable));
    if (findings.findings().isEmpty() && kind.equals(EdgeKind.UNKNOWN)) {
      addUnexplained(
          findings,
          pair.tensors().stream()
              .filter(TensorComparison::isChanged)
              .map(EdgeJudge::whole)
              .toList(),
          pair);
    }
    List<String> notes = new ArrayList<>(rules.notes(kind));
    notes.addAll(skipped.notes());
    notes.addAll(casts(pair));
    notes.addAll(QFindings.notes(changes));
    List<String> trained = TrainNotes.trained(kind, step);
    notes.addAll(idle ? List.of(FirstStep.NOTE) : TrainNotes.of(kind, step, trained));
    operation.ifPresent(known -> notes.addAll(known.notes(step)));
    notes.addAll(findings.notes());
    return new Judgement(
        kind,
        findings.verdict(),
        findings.findings(),
        notes,
        trained,
        changes,
        moves,
        outcome,
        rules.identity(child.path()));
  }

  // Tensors that the operation of a kind leaves unexplained; for unknown, the nearest operation.
  private static Stream<Unexplained> unexplained(
      Classifier.Outcome outcome, EdgeKind kind, PairComparison pair) {
    if (kind.equals(EdgeKind.UNKNOWN) && outcome.best().isEmpty()) {
      return pair.tensors().stream().filter(TensorComparison::isChanged).map(EdgeJudge::whole);
    }
    EdgeKind nearest =
        kind.equals(EdgeKind.UNKNOWN) ? outcome.best().orElseThrow().operation().kind() : kind;
    return outcome.unexplained(nearest);
  }

  private static Unexplained whole(TensorComparison tensor) {
    return new Unexplained(tensor.name(), tensor.changedElements());
  }

  // A checkpoint that is a copy as far as it was compared may still differ elsewhere.
  private static EdgeKind kind(Classifier.Outcome outcome, NotCompared skipped) {
    boolean open = outcome.kind().equals(Copy.KIND) && !skipped.quantized().isEmpty();
    return open ? EdgeKind.UNKNOWN : outcome.kind();
  }

  // Whether no other finding reports what an operation leaves unexplained of a tensor.
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

  // Stored LUTs whose change the operation does not explain.
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
            "%s changed, but not to a bake or a refresh of the parent's deltas, such as %s: %s"
                .formatted(
                    Amount.of(those.size(), "stored LUT"),
                    SafeText.of(those.get(0).lut()),
                    elements(step.tensor(those.get(0).lut()).orElseThrow(), "entries")));
  }

  // Changes that the policy allows are those that the operation makes.
  private static void addOtherTensors(
      FindingList findings, EdgeKind kind, List<Unexplained> others, PairComparison pair) {
    findings.add(
        "unexplained",
        others,
        Unexplained::tensor,
        those ->
            "%s changed in a way that an edge of kind %s does not explain, such as %s: %s"
                .formatted(
                    Amount.of(those.size(), "tensor"),
                    kind.label(),
                    SafeText.of(those.get(0).tensor()),
                    change(those.get(0), pair)));
  }

  // An edge that no operation explains always has a finding.
  private static void addUnexplained(
      FindingList findings, List<Unexplained> changed, PairComparison pair) {
    findings.add(
        "unexplained",
        changed,
        Unexplained::tensor,
        those ->
            "%s changed in a way that no known operation explains, such as %s: %s"
                .formatted(
                    Amount.of(those.size(), "tensor"),
                    SafeText.of(those.get(0).tensor()),
                    change(those.get(0), pair)));
  }

  private static String change(Unexplained one, PairComparison pair) {
    TensorComparison tensor = pair.byName().get(one.tensor());
    return tensor.compared().isPresent()
        ? "%d of %d elements, the first at element %d"
            .formatted(
                one.elements().elements(), tensor.elements(), one.elements().first().orElseThrow())
        : tensor.status().name();
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
                    tensor -> tensor.category().label() + " " + Casts.text(tensor),
                    TreeMap::new,
                    Collectors.counting()));
    return casts.entrySet().stream()
        .map(cast -> cast.getKey() + ": " + Amount.of(cast.getValue(), "tensor"))
        .toList();
  }
}
