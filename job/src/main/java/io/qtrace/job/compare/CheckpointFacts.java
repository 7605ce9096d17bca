package io.qtrace.job.compare;

import io.qtrace.kernel.LutCheckPartial;
import io.qtrace.lut.LayerLut;
import io.qtrace.lut.LayerNames;
import java.io.Serializable;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What is known about a checkpoint once its bytes have been read.
 *
 * @param tensors by name, in the file's order
 * @param layers invariants of layers with a {@code _Q}, by name
 * @param shadow a second copy of the model in the file, by the names of the model's tensors; not
 *     compared with other checkpoints
 */
public record CheckpointFacts(
    Map<String, TensorFacts> tensors,
    Map<String, LayerInvariants> layers,
    Map<String, TensorFacts> shadow)
    implements Serializable {
  public CheckpointFacts {
    tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
    layers = Collections.unmodifiableMap(new LinkedHashMap<>(layers));
    shadow = Collections.unmodifiableMap(new LinkedHashMap<>(shadow));
  }

  /** Facts of a checkpoint without a second copy of its model. */
  public CheckpointFacts(Map<String, TensorFacts> tensors, Map<String, LayerInvariants> layers) {
    this(tensors, layers, Map.of());
  }

  /**
   * Facts of measured tensors.
   *
   * @param checks how {@code _Q} of each layer compares with {@code lut[_indices]}, where it could
   *     be compared
   */
  public static CheckpointFacts of(
      Map<String, TensorFacts> tensors, Map<String, LutCheckPartial> checks) {
    return new CheckpointFacts(tensors, LayerInvariants.of(tensors, checks));
  }

  /** The same with a copy of the model. */
  public CheckpointFacts withShadow(Map<String, TensorFacts> copy) {
    return new CheckpointFacts(tensors, layers, copy);
  }

  /** The same layers with other tensors; layers of new tensors were not checked. */
  CheckpointFacts withTensors(Map<String, TensorFacts> others) {
    Map<String, LutCheckPartial> checks = new HashMap<>();
    layers.forEach((name, layer) -> layer.check().ifPresent(check -> checks.put(name, check)));
    return of(others, checks).withShadow(shadow);
  }

  public Optional<TensorFacts> tensor(String name) {
    return Optional.ofNullable(tensors.get(name));
  }

  /** The LUT of a layer as the checkpoint states it, if it is usable. */
  public Optional<LayerLut> lut(LayerNames layer) {
    return LayerLut.of(
        tensor(layer.lut()).flatMap(TensorFacts::floats),
        tensor(layer.deltas()).flatMap(TensorFacts::floats));
  }

  /** Whether a layer's {@code _Q} is known not to be {@code lut[_indices]}. */
  public boolean isStale(String layer) {
    return layers.containsKey(layer) && layers.get(layer).isStale();
  }
}
