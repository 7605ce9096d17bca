package io.qtrace.job.compare;

import io.qtrace.kernel.LutCheckPartial;
import io.qtrace.lut.LayerLut;
import io.qtrace.lut.LayerNames;
import io.qtrace.lut.Lut;
import java.io.Serializable;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * The invariants of one quantized layer of a checkpoint, and whether they hold.
 *
 * @param layer name of the module
 * @param unchecked why {@code _Q} could not be compared with {@code lut[_indices]}; empty if it was
 * @param check the result of that comparison; empty if there was none
 * @param lutSize entries of the stored LUT; empty without one
 * @param table invariants of the stored LUT; empty unless its values are known
 * @param effectiveDrift max |LUT of the deltas - stored LUT|; empty without deltas
 */
public record LayerInvariants(
    String layer,
    Optional<String> unchecked,
    Optional<LutCheckPartial> check,
    Optional<Long> lutSize,
    Optional<Table> table,
    Optional<Double> effectiveDrift)
    implements Serializable {
  /**
   * The invariants of a stored LUT.
   *
   * @param rising each entry is above the one before it
   * @param symmetric each entry is the negative of its mirror image
   * @param float16 every entry is exact in float16
   */
  public record Table(boolean rising, boolean symmetric, boolean float16) implements Serializable {
    private static Table of(Lut lut) {
      return new Table(
          lut.firstNotRising().isEmpty(),
          lut.firstAsymmetric().isEmpty(),
          lut.firstNotFloat16().isEmpty());
    }

    private Optional<String> flaw() {
      if (!rising) {
        return Optional.of("its entries are not in ascending order");
      }
      if (!symmetric) {
        return Optional.of("it is not symmetric");
      }
      return float16 ? Optional.empty() : Optional.of("its entries are not exact in float16");
    }
  }

  public LayerInvariants {
    Objects.requireNonNull(layer, "layer");
    Objects.requireNonNull(lutSize, "lutSize");
    Objects.requireNonNull(table, "table");
    Objects.requireNonNull(effectiveDrift, "effectiveDrift");
    if (unchecked.isPresent() == check.isPresent()) {
      throw new IllegalArgumentException(
          "Invalid invariants of %s: expected a check or why there is none".formatted(layer));
    }
  }

  /**
   * The invariants of all layers of a checkpoint with a {@code _Q}, by the layer's name.
   *
   * @param tensors of the checkpoint, by name
   * @param checks by layer
   */
  static Map<String, LayerInvariants> of(
      Map<String, TensorFacts> tensors, Map<String, LutCheckPartial> checks) {
    Map<String, LayerInvariants> layers = new LinkedHashMap<>();
    for (String name : tensors.keySet()) {
      LayerNames.ofQuantized(name)
          .ifPresent(
              layer ->
                  layers.put(
                      layer.layer(),
                      of(layer, tensors, Optional.ofNullable(checks.get(layer.layer())))));
    }
    return layers;
  }

  private static LayerInvariants of(
      LayerNames layer, Map<String, TensorFacts> tensors, Optional<LutCheckPartial> check) {
    Optional<TensorFacts> stored = Optional.ofNullable(tensors.get(layer.lut()));
    Optional<float[]> values = stored.flatMap(TensorFacts::floats);
    Optional<float[]> deltas =
        Optional.ofNullable(tensors.get(layer.deltas())).flatMap(TensorFacts::floats);
    return new LayerInvariants(
        layer.layer(),
        check.isPresent() ? Optional.empty() : Optional.of(obstacle(layer, tensors)),
        check,
        stored.map(lut -> lut.shape().elements()),
        values.filter(floats -> floats.length >= 2).map(Lut::new).map(Table::of),
        LayerLut.of(values, deltas).flatMap(LayerLut::effectiveDrift));
  }

  private static String obstacle(LayerNames layer, Map<String, TensorFacts> tensors) {
    TensorFacts quantized = tensors.get(layer.quantized());
    TensorFacts indices = tensors.get(layer.indices());
    TensorFacts lut = tensors.get(layer.lut());
    if (!quantized.isRead()) {
      return "not read";
    }
    if (indices == null) {
      return "no _indices";
    }
    if (lut == null) {
      return "no lut";
    }
    if (!indices.shape().equals(quantized.shape())) {
      return "_Q is %s, _indices %s".formatted(quantized.shape(), indices.shape());
    }
    return "_Q is %s, _indices %s, lut %s %s"
        .formatted(
            quantized.dtype().label(), indices.dtype().label(), lut.dtype().label(), lut.shape());
  }

  /** What is wrong with the stored LUT, for people; empty if it is valid or there is none. */
  public Optional<String> tableFlaw() {
    if (lutSize.isEmpty()) {
      return Optional.empty();
    }
    return table.isEmpty()
        ? Optional.of("its entries cannot be read as a table")
        : table.get().flaw();
  }

  /** Whether {@code _Q} was compared with {@code lut[_indices]}, and differs. */
  public boolean isStale() {
    return check.isPresent() && !check.get().holds();
  }

  /**
   * Elements of {@code _Q} that differ from {@code lut[_indices]}; empty if that was not checked.
   */
  public Optional<UnexplainedElements> unexplained() {
    return check.map(
        found ->
            UnexplainedElements.of(found.stale()).plus(UnexplainedElements.of(found.outside())));
  }
}
