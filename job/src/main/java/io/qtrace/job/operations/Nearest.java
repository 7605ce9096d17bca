package io.qtrace.job.operations;

import io.qtrace.compare.IndicesCheck;
import io.qtrace.compare.QuantizedLayer;
import io.qtrace.compare.QuantizedLayer.Factors;
import io.qtrace.compare.QuantizedLayer.Source;
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
import java.util.function.Function;

/**
 * Recomputes indices of the child as those of the entries nearest to a weight over scales, or its
 * {@code _Q} if it has no indices.
 */
public final class Nearest {
  /** The operations that quantize. */
  static final List<EdgeKind> KINDS =
      List.of(Requantize.KIND, ReplaceLut.KIND, MergeLora.KIND, Quantize.KIND, Convert.KIND);

  private static final String PREFIX = "#nearest/";

  private Nearest() {}

  /**
   * How a tool quantizes.
   *
   * @param source of what it quantizes
   * @param factors of the scales that it divides by
   */
  record Tool(Function<LayerTensors, Source> source, Function<LayerTensors, Factors> factors) {}

  /** Adds one variant of the recomputation of a layer by an operation. */
  static void add(
      Map<String, Recomputation> wanted,
      LayerNames layer,
      EdgeKind kind,
      String variant,
      Ends ends,
      Tool tool) {
    wanted.put(
        key(layer, kind, variant),
        LayerRecomputation.of(ends, tensors -> check(layer, ends, tool, tensors)));
  }

  /**
   * The same for a weight over the child's scales, once for each form in which a tool may have
   * computed them.
   */
  static void addForms(
      Map<String, Recomputation> wanted,
      LayerNames layer,
      EdgeKind kind,
      List<Scales.Form> forms,
      Ends ends,
      Function<LayerTensors, TensorEntry> weight) {
    for (Scales.Form form : forms) {
      Tool tool =
          new Tool(
              tensors -> Source.weight(weight.apply(tensors)),
              tensors -> tensors.childFactors(layer, form));
      add(wanted, layer, kind, form.name(), ends, tool);
    }
  }

  private static IndicesCheck check(LayerNames layer, Ends ends, Tool tool, LayerTensors tensors) {
    boolean indexed = ends.child(layer.indices()).isPresent();
    TensorEntry target = tensors.child(indexed ? layer.indices() : layer.quantized());
    Source source = tool.source().apply(tensors);
    Factors factors = tool.factors().apply(tensors);
    TensorEntry lut = tensors.child(layer.lut());
    return new IndicesCheck(
        new QuantizedLayer(target, source, factors, lut, isHalf(source, factors)));
  }

  private static boolean isHalf(Source source, Factors factors) {
    return factors.a().dtype() == DType.FLOAT16
        || factors.b().dtype() == DType.FLOAT16
        || source.rows().dtype() == DType.FLOAT16;
  }

  /** The weight of the child, or the parent's if that is not rounded. */
  static Function<LayerTensors, TensorEntry> weight(LayerNames layer, Ends ends) {
    boolean rounded =
        ends.child(layer.weight()).filter(own -> own.dtype() == DType.FLOAT32).isEmpty()
            && ends.parent(layer.weight()).filter(own -> own.dtype() == DType.FLOAT32).isPresent()
            && ends.child(layer.scaleA()).filter(own -> own.dtype() == DType.FLOAT32).isPresent();
    return tensors -> rounded ? tensors.parent(layer.weight()) : tensors.child(layer.weight());
  }

  /** The result of an operation's recomputation of a layer; empty if there was none. */
  static Optional<Recomputed> of(Step step, LayerNames layer, EdgeKind kind) {
    return step.best(prefix(layer, kind));
  }

  /** The result of the best recomputation of a layer by any operation. */
  public static Optional<Recomputed> of(Step step, LayerNames layer) {
    return step.best(layer.layer() + PREFIX);
  }

  /** Elements that an operation's recomputation does not reproduce; empty if there was none. */
  static Optional<UnexplainedElements> unexplained(Step step, LayerNames layer, EdgeKind kind) {
    return of(step, layer, kind).flatMap(Recomputed::unexplained);
  }

  /** The key of a recomputation of a layer, for one variant of an operation. */
  public static String key(LayerNames layer, EdgeKind kind, String variant) {
    return prefix(layer, kind) + variant;
  }

  private static String prefix(LayerNames layer, EdgeKind kind) {
    return layer.layer() + PREFIX + kind.label() + "/";
  }
}
