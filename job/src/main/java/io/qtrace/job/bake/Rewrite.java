package io.qtrace.job.bake;

import java.util.List;
import java.util.Objects;

/**
 * The result of rewriting a checkpoint with other LUTs and {@code _Q}.
 *
 * @param source URI of the checkpoint that was read
 * @param dest URI of the one that was written
 * @param bytes of dest
 * @param tensors of dest
 * @param leftOut number of tensors outside the model's state dict, such as an optimizer's
 * @param layers rewritten ones, in the source's order
 */
public record Rewrite(
    String source, String dest, long bytes, int tensors, int leftOut, List<Layer> layers) {
  /**
   * One layer.
   *
   * @param lutMaxChange max |new lut - old lut|
   * @param elements of {@code _Q}
   * @param changedElements of {@code _Q}, by their bits
   * @param drift max |new lut - the table that training used|, null without deltas
   */
  public record Layer(
      String layer, double lutMaxChange, long elements, long changedElements, Double drift) {
    public Layer {
      Objects.requireNonNull(layer, "layer");
    }
  }

  public Rewrite {
    Objects.requireNonNull(source, "source");
    Objects.requireNonNull(dest, "dest");
    layers = List.copyOf(layers);
  }
}
