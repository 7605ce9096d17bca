package io.qtrace.job.compare;

import io.qtrace.kernel.LutCheckPartial;
import io.qtrace.lut.LayerLut;
import io.qtrace.lut.LayerNames;
import java.io.Serializable;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What is known of a checkpoint once its bytes were read.
 *
 * @param tensors by name, in the file's order
 * @param layers those that have a {@code _Q}, by name
 */
public record CheckpointFacts(Map<String, TensorFacts> tensors, Map<String, LayerInvariants> layers)
    implements Serializable {
  public CheckpointFacts {
    tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
    layers = Collections.unmodifiableMap(new LinkedHashMap<>(layers));
  }

  /**
   * Of measured tensors.
   *
   * @param checks how {@code _Q} of each layer compares with {@code lut[_indices]}, where it could
   *     be compared
   */
  public static CheckpointFacts of(
      Map<String, TensorFacts> tensors, Map<String, LutCheckPartial> checks) {
    return new CheckpointFacts(tensors, LayerInvariants.of(tensors, checks));
  }

  public Optional<TensorFacts> tensor(String name) {
    return Optional.ofNullable(tensors.get(name));
  }

  /** What the checkpoint states of a layer's LUT, where that can be one. */
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
