package io.qtrace.job.operations;

import io.qtrace.compare.AveragedCheck;
import io.qtrace.compare.TensorStatus;
import io.qtrace.compare.Ulps;
import io.qtrace.io.SafeText;
import io.qtrace.job.compare.Recomputation;
import io.qtrace.job.compare.Recomputed;
import io.qtrace.job.compare.TensorComparison;
import io.qtrace.job.compare.TensorFacts;
import io.qtrace.job.compare.UnexplainedElements;
import io.qtrace.job.policy.EdgeKind;
import io.qtrace.lut.LayerNames;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The weighted average of checkpoints, such as the last ones of a run (SWA), or of a moving average
 * and a checkpoint (EMA). Tensors that are not averaged come from a member.
 */
public final class Average implements Operation {
  private static final long serialVersionUID = 1;

  /** Its name. */
  public static final EdgeKind KIND = new EdgeKind("average");

  /** The cause of a {@code _Q} that was averaged. */
  public static final QCause AVERAGED = new QCause("AVERAGED");

  private static final int SHOWN = 5; // digits shown of a weight
  private static final int DAMAGED = 2; // tensors
  private static final String KEY = "#averaged";

  @Override
  public EdgeKind kind() {
    return KIND;
  }

  @Override
  public String description() {
    return "weighted average of checkpoints or of a moving average in one";
  }

  @Override
  public int parents() {
    return 2;
  }

  /** Applies if the child is an average of the parent, its moving average, or the other parents. */
  @Override
  public boolean applies(Step step) {
    return step.mixture().isPresent();
  }

  @Override
  public UnexplainedElements unexplained(TensorComparison changed, Step step) {
    Optional<TensorFacts> child = changed.right();
    Mixture mixture = step.mixture().orElseThrow();
    if (child.isEmpty()) {
      return mixture.isAverage(changed.name())
          ? changed.changedElements()
          : UnexplainedElements.NONE;
    }
    if (mixture.isKept(child.get())) {
      return UnexplainedElements.NONE;
    }
    return averaged(child.get(), step)
        .or(() -> tied(child.get(), step))
        .orElseGet(changed::changedElements);
  }

  // The same tensor under another name that all members have.
  private static Optional<UnexplainedElements> tied(TensorFacts child, Step step) {
    return step.child().same(child).stream()
        .filter(same -> !same.name().equals(child.name()))
        .flatMap(same -> averaged(same, step).stream())
        .filter(UnexplainedElements::isNone)
        .findFirst();
  }

  // Empty where the tensor cannot be the average.
  private static Optional<UnexplainedElements> averaged(TensorFacts child, Step step) {
    Mixture mixture = step.mixture().orElseThrow();
    if (!child.dtype().isFloat() || !mixture.isAverage(child.name())) {
      return Optional.empty();
    }
    Optional<Recomputed> recomputed = step.recomputed(child.name() + KEY);
    return recomputed.isPresent()
        ? recomputed.flatMap(Recomputed::unexplained)
        : Optional.of(UnexplainedElements.NONE).filter(none -> mixture.isLikely(child.name()));
  }

  @Override
  public Map<String, Recomputation> recomputations(Step step, Ends ends) {
    Map<String, Recomputation> wanted = new TreeMap<>();
    step.mixture()
        .ifPresent(
            mixture -> {
              for (TensorFacts tensor : step.child().facts().tensors().values()) {
                if (tensor.dtype().isFloat()
                    && mixture.isAverage(tensor.name())
                    && !mixture.isKept(tensor)) {
                  wanted.put(tensor.name() + KEY, recomputation(tensor.name(), mixture, ends));
                }
              }
            });
    return wanted;
  }

  private static Recomputation recomputation(String tensor, Mixture mixture, Ends ends) {
    return LayerRecomputation.of(
        ends,
        tensors ->
            new AveragedCheck(
                tensors.child(tensor),
                mixture.terms().stream()
                    .map(
                        term ->
                            new AveragedCheck.Term(
                                tensors.member(term.side(), term.shadow(), tensor), term.weight()))
                    .toList(),
                mixture.slack()));
  }

  /**
   * Most tensors are averages with the same weights; of few bits, all but a damaged one or two,
   * since those of other members are nearly the same.
   */
  @Override
  public boolean isCertain(Step step) {
    return !step.mixture().orElseThrow().isNarrow()
        || step.differing().stream()
                .filter(tensor -> !unexplained(tensor, step).isNone())
                .limit(DAMAGED + 1L)
                .count()
            <= DAMAGED;
  }

  @Override
  public boolean provesDirection() {
    return true;
  }

  @Override
  public Quantization quantization() {
    return Quantization.STALE;
  }

  @Override
  public boolean explainsLut(LayerNames layer, Step step) {
    return step.tensor(layer.lut()).filter(lut -> unexplained(lut, step).isNone()).isPresent();
  }

  @Override
  public Optional<QExplanation> explain(QuantizedStep layer) {
    return layer
        .averaged()
        .filter(recomputed -> layer.status() == TensorStatus.CHANGED)
        .flatMap(recomputed -> QExplanation.of(AVERAGED, recomputed));
  }

  /**
   * The check of a {@code _Q} as the average, or as a member's; empty if the step is not an
   * average.
   */
  static Optional<Recomputed> averaged(TensorComparison quantized, Step step) {
    return step.mixture()
        .flatMap(
            mixture ->
                quantized.right().filter(mixture::isKept).isPresent()
                    ? Optional.of(Recomputed.EXACT)
                    : step.recomputed(quantized.name() + KEY));
  }

  @Override
  public List<String> notes(Step step) {
    Mixture mixture = step.mixture().orElseThrow();
    String sum =
        mixture.terms().stream()
            .map(term -> "%s x %s".formatted(weight(term.weight()), name(term, step)))
            .collect(Collectors.joining(" + "));
    Ulps rounded = step.rounded(KEY);
    return Stream.concat(
            Stream.of("average: " + sum),
            Stream.of(rounded)
                .filter(some -> !some.isNone())
                .map(some -> "average: " + some.text()))
        .toList();
  }

  private static String weight(double weight) {
    return new BigDecimal(weight)
        .round(new MathContext(SHOWN))
        .stripTrailingZeros()
        .toPlainString();
  }

  private static String name(Mixture.Term term, Step step) {
    String checkpoint =
        term.side() == 0 ? "this parent" : SafeText.of(step.others().get(term.side() - 1).path());
    return term.shadow() ? "the moving average in " + checkpoint : checkpoint;
  }

  @Override
  public String conclusion(long changed, long all) {
    return "averaging changed %d of %d _Q buffers".formatted(changed, all);
  }
}
