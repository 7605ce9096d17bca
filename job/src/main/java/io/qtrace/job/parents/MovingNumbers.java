package io.qtrace.job.parents;

import io.qtrace.job.compare.NameCursor;
import io.qtrace.job.compare.TensorFacts;
import io.qtrace.job.operations.Side;
import io.qtrace.lut.Category;
import io.qtrace.lut.LayerLut;
import io.qtrace.lut.LayerNames;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The numbers of a checkpoint that training moves: the values of small tensors, smallest, largest
 * and mean value of the others, and the LUTs in use in place of stored LUTs and deltas. Quantized
 * buffers and indices are left out: they do not move in training.
 *
 * @param parts by the tensor's name; numbers that are not finite are 0
 */
record MovingNumbers(Map<String, float[]> parts) {
  /** Weight of LUT moves: LUTs move fast and come back, scales drift steadily. */
  static final float LUT_WEIGHT = 1 / 16f;

  private static final int EXTREMES = 3; // numbers that stand for a large tensor

  static MovingNumbers of(Side side) {
    Map<String, float[]> parts = new LinkedHashMap<>();
    side.facts().tensors().values().stream()
        .filter(tensor -> moves(tensor.category()))
        .sorted(Comparator.comparing(TensorFacts::name))
        .forEach(tensor -> parts.put(tensor.name(), finite(part(tensor))));
    luts(side).forEach((layer, lut) -> parts.put(layer.lut(), finite(part(lut))));
    return new MovingNumbers(parts);
  }

  private static boolean moves(Category category) {
    return switch (category) {
      case SCALE, OTHER -> true;
      case LUT, LUT_DELTAS, Q, INDICES -> false;
    };
  }

  /** The layers that have a usable LUT, by name. */
  static Map<LayerNames, LayerLut> luts(Side side) {
    Map<LayerNames, LayerLut> luts = new LinkedHashMap<>();
    side.facts().tensors().keySet().stream()
        .flatMap(name -> LayerNames.ofLut(name).stream())
        .sorted(Comparator.comparing(LayerNames::lut))
        .forEach(layer -> side.lut(layer).ifPresent(lut -> luts.put(layer, lut)));
    return luts;
  }

  private static float[] part(LayerLut lut) {
    float[] values = lut.deltasOrImplied().positive(lut.training());
    for (int i = 0; i < values.length; i++) {
      values[i] *= LUT_WEIGHT;
    }
    return values;
  }

  private static float[] part(TensorFacts tensor) {
    return tensor
        .floats()
        .orElseGet(
            () -> {
              double mean = tensor.stats().sum() / tensor.shape().elements();
              return new float[] {
                (float) tensor.stats().min(), (float) tensor.stats().max(), (float) mean
              };
            });
  }

  private static float[] finite(float[] part) {
    for (int i = 0; i < part.length; i++) {
      part[i] = Float.isFinite(part[i]) ? part[i] : 0;
    }
    return part;
  }

  /** Euclidean distance over the parts that both have in the same size. */
  double distance(MovingNumbers other) {
    double sum = 0;
    NameCursor<float[]> others = new NameCursor<>(other.parts);
    for (Map.Entry<String, float[]> entry : parts.entrySet()) {
      Optional<float[]> found = others.find(entry.getKey());
      if (found.isPresent() && found.get().length == entry.getValue().length) {
        sum += squared(entry.getValue(), found.get());
      }
    }
    return Math.sqrt(sum);
  }

  /** How far large tensors are from another's, to how far they are from zero, by their extremes. */
  double relative(MovingNumbers other) {
    double distance = 0;
    double length = 0;
    for (Map.Entry<String, float[]> entry : parts.entrySet()) {
      float[] others = other.parts.get(entry.getKey());
      if (others != null && entry.getValue().length == EXTREMES && others.length == EXTREMES) {
        distance += squared(entry.getValue(), others);
        length += squared(entry.getValue(), new float[EXTREMES]);
      }
    }
    return length == 0 ? 0 : Math.sqrt(distance / length);
  }

  static double squared(float[] one, float[] other) {
    double sum = 0;
    for (int i = 0; i < one.length; i++) {
      double difference = (double) one[i] - other[i];
      sum += difference * difference;
    }
    return sum;
  }
}
