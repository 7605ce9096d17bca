package io.qtrace.job.judge;

import io.qtrace.io.SafeText;
import io.qtrace.job.compare.PairComparison;
import io.qtrace.job.compare.TensorComparison;
import io.qtrace.job.operations.Step;
import io.qtrace.lut.Category;
import io.qtrace.lut.LayerLut;
import io.qtrace.lut.LayerNames;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Everything known about one quantized layer on an edge.
 *
 * @param quantized empty if neither side has a {@code _Q}
 * @param before the parent's LUT, if it is usable
 * @param after the child's LUT, if it is usable
 * @param move how far the LUT that training uses moved
 * @param tensors all of the layer, in the pair's order
 */
public record LayerChange(
    String layer,
    Optional<QChange> quantized,
    Optional<LayerLut> before,
    Optional<LayerLut> after,
    Optional<LutMove> move,
    List<TensorComparison> tensors) {
  public LayerChange {
    Objects.requireNonNull(layer, "layer");
    Objects.requireNonNull(quantized, "quantized");
    Objects.requireNonNull(before, "before");
    Objects.requireNonNull(after, "after");
    Objects.requireNonNull(move, "move");
    tensors = List.copyOf(tensors);
  }

  /** All layers with a {@code _Q} or a LUT, in the pair's order. */
  static List<LayerChange> of(Step step, Judgement judgement) {
    PairComparison pair = step.pair();
    Map<String, QChange> quantized = byLayer(judgement.changes(), QChange::layer);
    Map<String, LutMove> moved = byLayer(judgement.lutMoves(), LutMove::layer);
    Map<String, List<TensorComparison>> tensors =
        pair.tensors().stream()
            .collect(
                Collectors.groupingBy(
                    tensor -> LayerNames.moduleOf(tensor.name()),
                    LinkedHashMap::new,
                    Collectors.toList()));
    Set<String> layers = new LinkedHashSet<>(tensors.keySet());
    Set<String> luts = step.lutLayers().stream().map(LayerNames::layer).collect(Collectors.toSet());
    layers.removeIf(layer -> !quantized.containsKey(layer) && !luts.contains(layer));
    return layers.stream()
        .map(
            layer ->
                new LayerChange(
                    layer,
                    Optional.ofNullable(quantized.get(layer)),
                    step.before(new LayerNames(layer)),
                    step.after(new LayerNames(layer)),
                    Optional.ofNullable(moved.get(layer)),
                    tensors.get(layer)))
        .toList();
  }

  private static <T> Map<String, T> byLayer(List<T> all, Function<T, String> layer) {
    return all.stream().collect(Collectors.toMap(layer, one -> one, (one, same) -> one));
  }

  public Stream<TensorComparison> of(Category category) {
    return tensors.stream().filter(tensor -> tensor.category() == category);
  }

  /** Tensors in another dtype, such as {@code _indices int64 -> int16}; names are safe to show. */
  public List<String> casts() {
    return tensors.stream()
        .filter(TensorComparison::isDtypeChanged)
        .map(
            tensor ->
                "%s %s"
                    .formatted(
                        SafeText.of(tensor.name().substring(tensor.name().lastIndexOf('.') + 1)),
                        Casts.text(tensor)))
        .toList();
  }

  /** Whether any number, shape or dtype changed, or a tensor was added or removed. */
  public boolean isChanged() {
    return tensors.stream().anyMatch(tensor -> tensor.isChanged() || tensor.isDtypeChanged());
  }
}
