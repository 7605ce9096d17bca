package io.qtrace.lut;

import io.qtrace.tensor.Float16;
import java.io.Serializable;
import java.util.Arrays;
import java.util.Optional;

/**
 * The logits [n/2] that a trainable table [n] is computed from ({@code _lut_raw_deltas}), float32.
 * Equal means equal bits.
 */
public final class LutDeltas implements Serializable {
  private static final long serialVersionUID = 1;
  private static final float LEAST_WEIGHT = 1e-6f;

  // Relative: machines differ in the last bits of exponentials and in the order of their sum.
  private static final float SUM_ERROR = 0x1p-21f;

  private final float[] logits;

  /**
   * @throws IllegalArgumentException if there are none, or more than half of {@link Lut#MAX_SIZE}
   */
  public LutDeltas(float... logits) {
    if (logits.length < 1 || logits.length > Lut.MAX_SIZE / 2) {
      throw new IllegalArgumentException(
          "Invalid count of LUT deltas: " + logits.length + ", expected 1 to " + Lut.MAX_SIZE / 2);
    }
    this.logits = logits.clone();
  }

  /**
   * What training starts from: the logits whose table is nearest to lut. The logarithm is the float
   * nearest to the true one; PyTorch's may be its neighbour.
   *
   * @throws IllegalArgumentException if the table's size is odd
   */
  public static LutDeltas initial(Lut lut, LutParameters parameters) {
    if (lut.size() % 2 != 0) {
      throw new IllegalArgumentException(
          "Invalid LUT size: " + lut.size() + ", expected an even one to train");
    }
    int half = lut.size() / 2;
    float[] logits = new float[half];
    float minDelta = (float) parameters.minDelta();
    float free = (float) parameters.free(half);
    if (parameters.free(half) <= 0) {
      return new LutDeltas(logits);
    }
    for (int i = 0; i < half; i++) {
      float value = lut.value(half + i);
      float delta = i == 0 ? Math.abs(value) : value - lut.value(half + i - 1);
      float weight = (delta - minDelta) / free; // negative for a delta below m
      logits[i] = (float) Math.log(Math.max(weight, LEAST_WEIGHT));
    }
    return new LutDeltas(logits);
  }

  /** Count of logits: half the size of the table. */
  public int size() {
    return logits.length;
  }

  /** A copy of the logits [n/2]. */
  public float[] logits() {
    return logits.clone();
  }

  /** The effective table [n]: with training's parameters, the one that the forward pass used. */
  public Lut lut(LutParameters parameters) {
    return lut(parameters, Optional.empty());
  }

  /**
   * The same, as another machine may have computed it.
   *
   * @param seen a table; where an element of it is within the errors of float32 sums, that is taken
   */
  Lut lut(LutParameters parameters, Optional<Lut> seen) {
    float[] positive = positive(parameters);
    for (int i = 0; i < positive.length; i++) {
      positive[i] = rounded(positive[i], i, seen);
    }
    return Lut.mirrored(positive);
  }

  /** An element of the positive half [n/2], rounded to float16. */
  float rounded(float exact, int index, Optional<Lut> seen) {
    float nearest = Float16.round(exact);
    if (seen.isEmpty() || seen.get().size() != 2 * logits.length) {
      return nearest;
    }
    float other = seen.get().value(logits.length + index);
    boolean open =
        Float16.round(exact * (1 - SUM_ERROR)) == other
            || Float16.round(exact * (1 + SUM_ERROR)) == other;
    return open ? other : nearest;
  }

  /** The positive half [n/2] before it is snapped to float16. */
  public float[] positive(LutParameters parameters) {
    float minDelta = (float) parameters.minDelta();
    float free = (float) parameters.free(logits.length);
    float[] positive = Softmax.of(logits);
    double sum = 0; // PyTorch's cumsum of float32 runs in float64 on the CPU
    for (int i = 0; i < positive.length; i++) {
      sum += minDelta + free * positive[i];
      positive[i] = (float) sum;
    }
    return positive;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof LutDeltas deltas && Arrays.equals(logits, deltas.logits);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(logits);
  }

  @Override
  public String toString() {
    return Arrays.toString(logits);
  }
}
