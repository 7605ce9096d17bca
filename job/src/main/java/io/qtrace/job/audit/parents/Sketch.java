package io.qtrace.job.audit.parents;

import io.qtrace.job.audit.cause.LayerLut;
import io.qtrace.job.audit.policy.Category;
import io.qtrace.job.lineage.TensorRow;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A checkpoint as a point: the values of small tensors, smallest, largest and mean value of the
 * others, and the LUTs in use in place of stored LUTs and deltas. Quantized buffers and indices are
 * left out: they do not move in training.
 */
final class Sketch {
  /** LUTs move fast and come back, scales drift steadily: what a LUT's move counts. */
  static final float LUT_WEIGHT = 1 / 16f;

  private static final int DIMENSIONS = 64;

  private final Map<String, float[]> parts = new LinkedHashMap<>();
  private final float[] projection = new float[DIMENSIONS];

  Sketch(Map<String, TensorRow> tensors, Map<String, LayerLut> luts) {
    for (TensorRow tensor : tensors.values()) {
      switch (Category.valueOf(tensor.category().toUpperCase(java.util.Locale.ROOT))) {
        case SCALE, OTHER -> add(tensor.name(), part(tensor));
        case LUT, LUT_DELTAS, Q, INDICES -> {}
      }
    }
    luts.forEach((layer, lut) -> add(layer + Node.LUT, part(lut)));
  }

  private static float[] part(LayerLut lut) {
    float[] values = lut.deltasOrImplied().positive(lut.training());
    for (int i = 0; i < values.length; i++) {
      values[i] *= LUT_WEIGHT;
    }
    return values;
  }

  private static float[] part(TensorRow tensor) {
    if (tensor.values().size() == tensor.elements()) {
      float[] values = new float[tensor.values().size()];
      for (int i = 0; i < values.length; i++) {
        values[i] = tensor.values().get(i).floatValue();
      }
      return values;
    }
    double mean = tensor.sum() / tensor.elements();
    return new float[] {(float) tensor.min(), (float) tensor.max(), (float) mean};
  }

  // Each element goes to one dimension, by a hash of its place, with a sign: distances stay about
  // the same.
  private void add(String name, float[] part) {
    for (int i = 0; i < part.length; i++) {
      part[i] = Float.isFinite(part[i]) ? part[i] : 0;
      int hash = (31 * name.hashCode() + i) * 0x9E3779B9;
      projection[hash >>> 26] += (hash & 1 << 25) == 0 ? part[i] : -part[i];
    }
    parts.put(name, part);
  }

  /** Euclidean distance over the parts that both have in the same size. */
  double distance(Sketch other) {
    double sum = 0;
    for (Map.Entry<String, float[]> entry : parts.entrySet()) {
      float[] part = entry.getValue();
      float[] others = other.parts.get(entry.getKey());
      if (others != null && others.length == part.length) {
        sum += squared(part, others);
      }
    }
    return Math.sqrt(sum);
  }

  /** Square of about {@link #distance}, in 64 steps. */
  double roughly(Sketch other) {
    return squared(projection, other.projection);
  }

  /** How far along the way from one sketch to another this one lies, roughly; any unit. */
  double along(Sketch from, Sketch to) {
    double dot = 0;
    for (int i = 0; i < DIMENSIONS; i++) {
      dot += (double) projection[i] * (to.projection[i] - from.projection[i]);
    }
    return dot;
  }

  private static double squared(float[] one, float[] other) {
    double sum = 0;
    for (int i = 0; i < one.length; i++) {
      double difference = (double) one[i] - other[i];
      sum += difference * difference;
    }
    return sum;
  }
}
