package io.qtrace.job.compare;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import java.io.Serializable;

/**
 * A value as it moves between tasks: serialized once by Kryo, however often it is copied, and with
 * a size that Spark can see without traversing its objects.
 */
public record Packed<T>(byte[] bytes) implements Serializable {
  private static final ThreadLocal<Serializing> OF_THREAD =
      ThreadLocal.withInitial(Serializing::new);

  public static <T> Packed<T> of(T value) {
    return new Packed<>(OF_THREAD.get().bytes(value));
  }

  /** The value, deserialized on each call. */
  @SuppressWarnings("unchecked") // written from a value of this type
  public T value() {
    return (T) OF_THREAD.get().kryo.readClassAndObject(new Input(bytes));
  }

  /** What serializes the values of one thread. */
  private static final class Serializing {
    private static final int SMALL = 4096; // bytes of a buffer, which grows as values need it
    private static final int KEPT = 1 << 20; // a larger one is used once

    private final Kryo kryo = RecordKryo.create();
    private Output output; // null until there is one to use again

    byte[] bytes(Object value) {
      Output used = output == null ? new Output(SMALL, -1) : output;
      output = null; // one that memory ran out for while it grew is broken
      used.clear();
      kryo.writeClassAndObject(used, value);
      if (used.getBuffer().length <= KEPT) {
        output = used;
      }
      return used.toBytes();
    }
  }
}
