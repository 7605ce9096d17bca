package io.qtrace.job.compare;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.Serializer;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Makes a Kryo that serializes records, component by component through their canonical constructor,
 * and the immutable collections of the JDK, which Kryo itself does not support.
 */
final class RecordKryo {
  private RecordKryo() {}

  /** One for one thread. */
  static Kryo create() {
    Kryo kryo = new Kryo();
    kryo.setReferences(false); // records have no cycles
    kryo.setClassLoader(RecordKryo.class.getClassLoader());
    kryo.addDefaultSerializer(Record.class, RecordSerializer.class);
    // The classes behind List.of, Stream.toList and the like, for all sizes.
    add(kryo, List.of().getClass().getSuperclass(), List.class);
    add(kryo, Arrays.asList().getClass(), List.class);
    add(
        kryo,
        Collections.unmodifiableList(new ArrayList<>()).getClass().getSuperclass(),
        List.class);
    add(kryo, Set.of().getClass().getSuperclass(), Set.class);
    add(kryo, Collections.unmodifiableSet(new HashSet<>()).getClass(), Set.class);
    add(kryo, Map.of().getClass().getSuperclass(), Map.class);
    add(kryo, Collections.unmodifiableMap(new HashMap<>()).getClass(), Map.class);
    add(kryo, Optional.class, Optional.class);
    return kryo;
  }

  private static void add(Kryo kryo, Class<?> type, Class<?> as) {
    kryo.addDefaultSerializer(type, new CodecSerializer(RecordCodec.of(as)));
  }

  /** What a codec serializes, of any element types. */
  private static final class CodecSerializer extends Serializer<Object> {
    private final RecordCodec codec;

    CodecSerializer(RecordCodec codec) {
      super(false, true);
      this.codec = codec;
    }

    @Override
    public void write(Kryo kryo, Output output, Object value) {
      codec.write(kryo, output, value);
    }

    @Override
    public Object read(Kryo kryo, Input input, Class<Object> type) {
      return codec.read(kryo, input);
    }
  }

  /** Components in their order, each as its declared type says. */
  public static final class RecordSerializer extends Serializer<Record> {
    private static final MethodType ACCESSOR = MethodType.methodType(Object.class, Record.class);
    private static final MethodType CONSTRUCTOR =
        MethodType.methodType(Record.class, Object[].class);

    private final RecordCodec[] codecs;
    private final MethodHandle[] accessors;
    private final MethodHandle constructor;

    /** Kryo creates one for each type. */
    public RecordSerializer(Kryo kryo, Class<?> type) {
      super(false, true);
      try {
        RecordComponent[] components = type.getRecordComponents();
        codecs =
            Arrays.stream(components)
                .map(component -> RecordCodec.of(component.getGenericType()))
                .toArray(RecordCodec[]::new);
        accessors = new MethodHandle[components.length];
        MethodHandles.Lookup lookup = MethodHandles.lookup();
        for (int i = 0; i < components.length; i++) {
          Method accessor = components[i].getAccessor();
          accessor.setAccessible(true);
          accessors[i] = lookup.unreflect(accessor).asType(ACCESSOR);
        }
        Constructor<?> canonical =
            type.getDeclaredConstructor(
                Arrays.stream(components).map(RecordComponent::getType).toArray(Class[]::new));
        canonical.setAccessible(true);
        constructor =
            lookup
                .unreflectConstructor(canonical)
                .asSpreader(Object[].class, components.length)
                .asType(CONSTRUCTOR);
      } catch (ReflectiveOperationException e) {
        throw new IllegalArgumentException("Unsupported record: " + type.getName(), e);
      }
    }

    @Override
    public void write(Kryo kryo, Output output, Record record) {
      for (int i = 0; i < codecs.length; i++) {
        codecs[i].write(kryo, output, component(record, i));
      }
    }

    @Override
    public Record read(Kryo kryo, Input input, Class<Record> type) {
      Object[] values = new Object[codecs.length];
      for (int i = 0; i < codecs.length; i++) {
        values[i] = codecs[i].read(kryo, input);
      }
      try {
        return (Record) constructor.invokeExact(values);
      } catch (Throwable e) {
        throw new IllegalStateException("Cannot read a " + type.getName(), e);
      }
    }

    private Object component(Record record, int index) {
      try {
        return (Object) accessors[index].invokeExact(record);
      } catch (Throwable e) {
        throw new IllegalStateException("Cannot write a " + record.getClass().getName(), e);
      }
    }
  }
}
