package io.qtrace.job.compare;

import java.io.Serializable;
import java.nio.ByteBuffer;
import org.apache.spark.SparkConf;
import org.apache.spark.serializer.KryoSerializer;
import org.apache.spark.serializer.SerializerInstance;
import scala.reflect.ClassTag;
import scala.reflect.ClassTag$;

/**
 * A value in the form in which it moves between tasks: serialized once by Kryo, however often it is
 * copied, and of a size that Spark sees without walking through its objects.
 */
public record Packed<T>(byte[] bytes) implements Serializable {
  private static final ThreadLocal<SerializerInstance> KRYO =
      ThreadLocal.withInitial(Packed::serializer);
  private static final ClassTag<Object> ANY = ClassTag$.MODULE$.apply(Object.class);

  private static SerializerInstance serializer() {
    KryoSerializer kryo =
        new KryoSerializer(
            new SparkConf(false)
                .set("spark.kryo.referenceTracking", "false") // records hold no cycles
                .set("spark.kryo.registrator", RecordRegistrator.class.getName())
                .set("spark.kryoserializer.buffer.max", "1g"));
    kryo.setDefaultClassLoader(Packed.class.getClassLoader());
    return kryo.newInstance();
  }

  public static <T> Packed<T> of(T value) {
    ByteBuffer packed = KRYO.get().serialize(value, ANY);
    byte[] bytes = new byte[packed.remaining()];
    packed.get(bytes);
    return new Packed<>(bytes);
  }

  /** The value, made again on each call. */
  @SuppressWarnings("unchecked") // it was of this type
  public T value() {
    return (T) KRYO.get().deserialize(ByteBuffer.wrap(bytes), ANY);
  }
}
