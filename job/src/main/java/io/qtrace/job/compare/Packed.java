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
  private static final int SMALL = 4096; // bytes of a buffer, which grows as values need it

  private static final ThreadLocal<Kryo> KRYO = ThreadLocal.withInitial(RecordKryo::create);

  public static <T> Packed<T> of(T value) {
    Output output = new Output(SMALL, -1);
    KRYO.get().writeClassAndObject(output, value);
    return new Packed<>(output.toBytes());
  }

  /** The value, deserialized on each call. */
  @SuppressWarnings("unchecked") // it was of this type
  public T value() {
    return (T) KRYO.get().readClassAndObject(new Input(bytes));
  }
}
