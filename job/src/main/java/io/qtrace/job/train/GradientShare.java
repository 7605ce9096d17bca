package io.qtrace.job.train;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;

/**
 * What a replica sends to another in a step.
 *
 * @param total count of all gradient values, of which {@code values} are a part
 * @param losses of the sender's micro-batches
 * @param values gradients, or their sums
 */
record GradientShare(int total, double[] losses, FloatBuffer values) {
  private static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;

  /**
   * The counts of all values and of the losses as int32, the losses as float64, the values as
   * float32.
   */
  ByteBuffer bytes() {
    int heading = 2 * Integer.BYTES + losses.length * Double.BYTES;
    ByteBuffer bytes =
        ByteBuffer.allocate(
            Math.addExact(heading, Math.multiplyExact(values.remaining(), Float.BYTES)));
    bytes.order(ORDER).putInt(total).putInt(losses.length);
    bytes.slice().order(ORDER).asDoubleBuffer().put(losses);
    bytes.position(heading);
    bytes.slice().order(ORDER).asFloatBuffer().put(values.duplicate());
    return bytes.rewind();
  }

  /**
   * Reads a share from its bytes.
   *
   * @param total that it must have
   * @param count of its values
   * @throws IllegalStateException if it has others
   */
  static GradientShare of(ByteBuffer bytes, int total, int count) {
    ByteBuffer rest = bytes.duplicate().order(ORDER);
    int found = rest.getInt();
    double[] losses = new double[rest.getInt()];
    DoubleBuffer doubles = rest.slice().order(ORDER).asDoubleBuffer();
    doubles.get(losses);
    rest.position(rest.position() + losses.length * Double.BYTES);
    FloatBuffer values = rest.slice().order(ORDER).asFloatBuffer();
    if (found != total || values.remaining() != count) {
      throw new IllegalStateException(
          "Invalid gradients: %d of %d values, expected %d of %d"
              .formatted(values.remaining(), found, count, total));
    }
    return new GradientShare(found, losses, values);
  }
}
