package io.qtrace.job.train;

import io.qtrace.job.train.recipe.Gradients;
import java.nio.ByteBuffer;
import java.util.Base64;
import org.apache.spark.BarrierTaskContext;

/**
 * Adds gradients up through {@link BarrierTaskContext#allGather}, the one exchange that Spark has
 * between running tasks; the alternative, a Spark job for each step, would need the model to stay
 * on executors between jobs, where Spark may not bring the next task. It takes text, so a gradient
 * travels in Base64: 5.4 bytes a value to the driver, and as many from each replica back to each.
 * Only the gradients of scales and LUT deltas travel.
 */
record BarrierAllReduce(BarrierTaskContext tasks) implements AllReduce {
  @Override
  public Gradients sum(Gradients mine) {
    Gradients sum = null;
    for (String message : tasks.allGather(encode(mine))) { // in order of the tasks
      Gradients next = decode(message);
      sum = sum == null ? next : sum.plus(next);
    }
    return sum;
  }

  static String encode(Gradients gradients) {
    int values = gradients.scales().length + gradients.lut().length;
    long bytes =
        3L * Integer.BYTES
            + (long) Float.BYTES * values
            + (long) Double.BYTES * gradients.losses().length;
    ByteBuffer buffer = ByteBuffer.allocate(Math.toIntExact(bytes));
    buffer.putInt(gradients.scales().length).putInt(gradients.lut().length);
    buffer.putInt(gradients.losses().length);
    for (float value : gradients.scales()) {
      buffer.putFloat(value);
    }
    for (float value : gradients.lut()) {
      buffer.putFloat(value);
    }
    for (double loss : gradients.losses()) {
      buffer.putDouble(loss);
    }
    return Base64.getEncoder().encodeToString(buffer.array());
  }

  static Gradients decode(String message) {
    ByteBuffer buffer = ByteBuffer.wrap(Base64.getDecoder().decode(message));
    float[] scales = new float[buffer.getInt()];
    float[] lut = new float[buffer.getInt()];
    double[] losses = new double[buffer.getInt()];
    for (int i = 0; i < scales.length; i++) {
      scales[i] = buffer.getFloat();
    }
    for (int i = 0; i < lut.length; i++) {
      lut[i] = buffer.getFloat();
    }
    for (int i = 0; i < losses.length; i++) {
      losses[i] = buffer.getDouble();
    }
    return new Gradients(scales, lut, losses);
  }
}
