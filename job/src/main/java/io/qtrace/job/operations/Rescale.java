package io.qtrace.job.operations;

import io.qtrace.compare.RescaledCheck;
import io.qtrace.compare.RescaledCheck.Factors;
import io.qtrace.compare.RescaledCheck.Pair;
import io.qtrace.compare.TensorStatus;
import io.qtrace.io.Amount;
import io.qtrace.io.SafeText;
import io.qtrace.job.compare.Recomputation;
import io.qtrace.job.compare.Recomputed;
import io.qtrace.job.compare.TensorComparison;
import io.qtrace.job.compare.UnexplainedElements;
import io.qtrace.job.policy.EdgeKind;
import io.qtrace.job.policy.FindingList;
import io.qtrace.lut.LayerNames;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A float model with the same function: columns of weights are multiplied by factors that the norm
 * before them, or the rows of the weight before them, undo.
 */
public final class Rescale implements Operation {
  private static final long serialVersionUID = 1;

  /** Its name. */
  public static final EdgeKind KIND = new EdgeKind("rescale");

  private static final String KEY = "#rescaled";
  private static final int DAMAGED_PART = 64; // at most this fraction of a tensor

  /**
   * A rule for multiplying tensors in a transformer block.
   *
   * @param tensor its name within the block
   * @param columns the tensor whose columns have the same factors
   * @param rows the tensor whose rows have the factors; empty where it is the columns of the other
   * @param undone whether the tensor is divided by them
   * @param freeRows whether its rows have factors of their own, which the tensor after it undoes
   */
  private record Rule(
      String tensor, String columns, Optional<String> rows, boolean undone, boolean freeRows) {
    static Rule columns(String tensor, String columns, boolean freeRows) {
      return new Rule(tensor, columns, Optional.empty(), false, freeRows);
    }

    static Rule norm(String tensor, String columns) {
      return new Rule(tensor, columns, Optional.empty(), true, false);
    }

    static Rule after(String tensor, String rows, String columns) {
      return new Rule(tensor, columns, Optional.of(rows), true, false);
    }

    static Rule bias(String tensor, String rows, String columns) {
      return new Rule(tensor, columns, Optional.of(rows), false, false);
    }
  }

  private static final String QUERY = "self_attn.q_proj.weight";
  private static final String VALUE = "self_attn.v_proj.weight";
  private static final String GATE = "mlp.gate_proj.weight";
  private static final String UP = "mlp.up_proj.weight";

  private static final List<Rule> RULES =
      List.of(
          Rule.norm("input_layernorm.weight", QUERY),
          Rule.columns(QUERY, QUERY, false),
          Rule.columns("self_attn.k_proj.weight", QUERY, false),
          Rule.columns(VALUE, QUERY, true),
          Rule.bias("self_attn.v_proj.bias", VALUE, QUERY),
          Rule.after("self_attn.o_proj.weight", VALUE, QUERY),
          Rule.norm("post_attention_layernorm.weight", GATE),
          Rule.columns(GATE, GATE, false),
          Rule.columns(UP, GATE, true),
          Rule.bias("mlp.up_proj.bias", UP, GATE),
          Rule.after("mlp.down_proj.weight", UP, GATE));

  @Override
  public EdgeKind kind() {
    return KIND;
  }

  @Override
  public String description() {
    return "rows and columns of weights multiplied by factors that norms and other weights undo";
  }

  @Override
  public UnexplainedElements unexplained(TensorComparison changed, Step step) {
    if (changed.status() != TensorStatus.CHANGED
        || changed.isRounded()
        || rule(changed.name()).isEmpty()) {
      return changed.changedElements();
    }
    return changed.unexplained(step.recomputed(changed.name() + KEY));
  }

  // The rule of a tensor, by its name in the model.
  private static Optional<Rule> rule(String name) {
    return RULES.stream().filter(rule -> name.endsWith("." + rule.tensor())).findFirst();
  }

  // Whether no layer is quantized, and weights and norms changed but not embeddings and head norms.
  private static boolean isFloatModel(Step step) {
    boolean weights = false;
    boolean norms = false;
    for (TensorComparison tensor : step.pair().byName().values()) {
      TensorGroup group = TensorGroup.of(tensor);
      if (LayerNames.ofLut(tensor.name()).isPresent() || tensor.name().endsWith("._f_param")) {
        return false;
      }
      boolean kept =
          group.what().equals(TensorGroup.EMBEDDING) || group.what().equals(TensorGroup.HEAD_NORM);
      if (kept && tensor.isChanged() && !step.isTied(tensor) && !isDamaged(tensor)) {
        return false;
      }
      norms |= group.what().equals(TensorGroup.NORM) && tensor.status() == TensorStatus.CHANGED;
      weights |= group.what().equals(TensorGroup.WEIGHT) && tensor.status() == TensorStatus.CHANGED;
    }
    return weights && norms;
  }

  // Whether too few elements changed for training.
  private static boolean isDamaged(TensorComparison tensor) {
    return tensor.isComparable()
        && DAMAGED_PART * tensor.changedElements().elements() <= tensor.elements();
  }

  /** Includes tensors that did not change: they may have been left out by mistake. */
  @Override
  public Map<String, Recomputation> recomputations(Step step, Ends ends) {
    Map<String, Recomputation> wanted = new TreeMap<>();
    if (!isFloatModel(step)) {
      return wanted;
    }
    for (TensorComparison tensor : step.pair().byName().values()) {
      rule(tensor.name())
          .filter(rule -> tensor.isComparable() && mayScale(rule, tensor.name(), step))
          .ifPresent(
              rule ->
                  wanted.put(
                      tensor.name() + KEY,
                      LayerRecomputation.of(ends, tensors -> check(rule, tensor.name(), tensors))));
    }
    return wanted;
  }

  // Whether the tensor, or one that its factors come from, changed.
  private static boolean mayScale(Rule rule, String name, Step step) {
    return step.isChanged(name)
        || step.isChanged(sibling(rule, name, rule.columns()))
        || rule.rows().filter(rows -> step.isChanged(sibling(rule, name, rows))).isPresent();
  }

  private static String sibling(Rule rule, String name, String tensor) {
    return name.substring(0, name.length() - rule.tensor().length()) + tensor;
  }

  private static RescaledCheck check(Rule rule, String name, LayerTensors tensors) {
    Factors factors =
        new Factors(
            pair(sibling(rule, name, rule.columns()), tensors),
            rule.rows().map(rows -> pair(sibling(rule, name, rows), tensors)),
            rule.undone());
    return new RescaledCheck(pair(name, tensors), factors, rule.freeRows());
  }

  private static Pair pair(String name, LayerTensors tensors) {
    return new Pair(tensors.child(name), tensors.parent(name));
  }

  @Override
  public boolean isProvedByData() {
    return true;
  }

  /** Whether the factors explain most changed tensors. */
  @Override
  public boolean isCertain(Step step) {
    List<TensorComparison> scaled =
        step.pair().byName().values().stream()
            .filter(tensor -> step.isMoved(tensor.name()) && rule(tensor.name()).isPresent())
            .toList();
    long given =
        scaled.stream()
            .filter(tensor -> step.recomputed(tensor.name() + KEY).isPresent())
            .filter(tensor -> unexplained(tensor, step).isNone())
            .count();
    return 2 * given > scaled.size();
  }

  /** Applies if weights of a float model changed. */
  @Override
  public boolean applies(Step step) {
    return isFloatModel(step);
  }

  /** Adds tensors that the factors of the others should have changed. */
  @Override
  public void addFindings(FindingList findings, Step step) {
    findings.add(
        "rescale-incomplete",
        step.pair().byName().values().stream()
            .filter(tensor -> !tensor.isChanged())
            .filter(
                tensor ->
                    step.recomputed(tensor.name() + KEY)
                        .flatMap(Recomputed::unexplained)
                        .filter(others -> !others.isNone())
                        .isPresent())
            .toList(),
        TensorComparison::name,
        those ->
            "%s did not change although the factors of others in the block require it, such as %s"
                .formatted(Amount.of(those.size(), "tensor"), SafeText.of(those.get(0).name())));
  }

  @Override
  public String conclusion(long changed, long all) {
    return "rescaling does not touch _Q, yet %d of %d _Q buffers changed".formatted(changed, all);
  }
}
