package io.qtrace.job.operations;

import io.qtrace.compare.DequantizedCheck;
import io.qtrace.compare.Ulps;
import io.qtrace.job.compare.Recomputation;
import io.qtrace.job.compare.Recomputed;
import io.qtrace.job.compare.UnexplainedElements;
import io.qtrace.job.policy.EdgeKind;
import io.qtrace.lut.LayerNames;
import io.qtrace.lut.Scales;
import io.qtrace.tensor.DType;
import io.qtrace.tensor.TensorEntry;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** Checks weights of the child against the parent's {@code _Q} times its scales. */
final class Products {
  private static final String PREFIX = "#product/";

  private Products() {}

  /** Adds the recomputations of a weight. */
  static void add(
      Map<String, Recomputation> wanted,
      LayerNames layer,
      String weight,
      EdgeKind kind,
      Ends ends) {
    for (Scales.Form form : List.of(Scales.Form.INITIAL, Scales.Form.TRAINED)) {
      for (boolean recomputed : List.of(false, true)) {
        wanted.put(
            prefix(weight, kind) + form + (recomputed ? "/recomputed" : ""),
            LayerRecomputation.of(
                ends, tensors -> check(layer, weight, form, recomputed, tensors)));
      }
    }
  }

  private static DequantizedCheck check(
      LayerNames layer, String weight, Scales.Form form, boolean recomputed, LayerTensors tensors) {
    TensorEntry target = tensors.child(weight);
    boolean half = recomputed && target.dtype() == DType.FLOAT16;
    return new DequantizedCheck(
        target,
        tensors.parent(layer.quantized()),
        tensors.parentFactors(layer, form),
        half
            ? Optional.of(
                new DequantizedCheck.Source(
                    tensors.parent(layer.lut()), tensors.parent(layer.weight())))
            : Optional.empty());
  }

  /** Elements of a weight that are not such a product; empty if it was not recomputed. */
  static Optional<UnexplainedElements> unexplained(Step step, String weight, EdgeKind kind) {
    return step.best(prefix(weight, kind)).flatMap(Recomputed::unexplained);
  }

  /** Elements of some weights that are such products only within rounding. */
  static Ulps rounded(Step step, Stream<String> weights, EdgeKind kind) {
    return weights
        .flatMap(weight -> step.best(prefix(weight, kind)).stream())
        .map(Recomputed::rounded)
        .reduce(Ulps.NONE, Ulps::merge);
  }

  /** Elements of some weights that are products of other entries than the parent's. */
  static long requantized(Step step, Stream<String> weights, EdgeKind kind) {
    return weights.mapToLong(weight -> requantized(step, prefix(weight, kind))).sum();
  }

  private static long requantized(Step step, String prefix) {
    return Stream.of(Scales.Form.INITIAL, Scales.Form.TRAINED)
        .flatMap(form -> step.recomputed(prefix + form).stream())
        .mapToLong(found -> found.others().count())
        .min()
        .orElse(0);
  }

  /** Notes about weights that are such products only within rounding. */
  static List<String> notes(Ulps rounded) {
    return rounded.isNone() ? List.of() : List.of("dequantized weights: " + rounded.text());
  }

  private static String prefix(String weight, EdgeKind kind) {
    return weight + PREFIX + kind.label() + "/";
  }
}
