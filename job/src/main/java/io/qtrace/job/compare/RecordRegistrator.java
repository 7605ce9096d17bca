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
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.apache.spark.serializer.KryoRegistrator;

/**
 * Makes Spark's Kryo serialize what qtrace moves between tasks: records, component by component
 * through their canonical constructor, {@link Optional}, and the immutable collections of {@code
 * List.of} and the like. Kryo itself knows none of them.
 */
public final class RecordRegistrator implements KryoRegistrator {
  @Override
  public void registerClasses(Kryo kryo) {
    kryo.addDefaultSerializer(Record.class, RecordSerializer.class);
    kryo.addDefaultSerializer(Optional.class, new OptionalSerializer());
    // The classes behind List.of and Stream.toList, Set.of and Map.of, whatever their sizes.
    kryo.addDefaultSerializer(
        List.of().getClass().getSuperclass(),
        new CollectionSerializer<List<?>>(RecordRegistrator::list));
    kryo.addDefaultSerializer(
        Set.of().getClass().getSuperclass(), new CollectionSerializer<Set<?>>(Set::copyOf));
    kryo.addDefaultSerializer(
        Map.of().getClass().getSuperclass(), new MapSerializer<Map<?, ?>>(Map::copyOf));
  }

  // Those of Stream.toList may hold null.
  private static List<?> list(List<Object> elements) {
    return elements.contains(null) ? Collections.unmodifiableList(elements) : List.copyOf(elements);
  }

  /** Components in their order; absent ones as null. */
  public static final class RecordSerializer extends Serializer<Record> {
    private static final MethodType ACCESSOR = MethodType.methodType(Object.class, Record.class);
    private static final MethodType CONSTRUCTOR =
        MethodType.methodType(Record.class, Object[].class);

    private final Class<?>[] types;
    private final MethodHandle[] accessors;
    private final MethodHandle constructor;

    /** Kryo makes one for each type. */
    public RecordSerializer(Kryo kryo, Class<?> type) {
      super(false, true);
      try {
        RecordComponent[] components = type.getRecordComponents();
        types = Arrays.stream(components).map(RecordComponent::getType).toArray(Class[]::new);
        accessors = new MethodHandle[components.length];
        MethodHandles.Lookup lookup = MethodHandles.lookup();
        for (int i = 0; i < components.length; i++) {
          Method accessor = components[i].getAccessor();
          accessor.setAccessible(true);
          accessors[i] = lookup.unreflect(accessor).asType(ACCESSOR);
        }
        Constructor<?> canonical = type.getDeclaredConstructor(types);
        canonical.setAccessible(true);
        constructor =
            lookup
                .unreflectConstructor(canonical)
                .asSpreader(Object[].class, types.length)
                .asType(CONSTRUCTOR);
      } catch (ReflectiveOperationException e) {
        throw new IllegalArgumentException("Unsupported record: " + type.getName(), e);
      }
    }

    @Override
    public void write(Kryo kryo, Output output, Record record) {
      for (int i = 0; i < types.length; i++) {
        Object value = component(record, i);
        if (types[i] == long.class) {
          output.writeVarLong((Long) value, false);
        } else if (types[i] == int.class) {
          output.writeVarInt((Integer) value, false);
        } else if (types[i] == double.class) {
          output.writeDouble((Double) value);
        } else if (types[i] == boolean.class) {
          output.writeBoolean((Boolean) value);
        } else if (types[i] == String.class) {
          output.writeString((String) value);
        } else if (types[i].isRecord()) {
          kryo.writeObjectOrNull(output, value, types[i]);
        } else {
          kryo.writeClassAndObject(output, value);
        }
      }
    }

    @Override
    public Record read(Kryo kryo, Input input, Class<Record> type) {
      Object[] values = new Object[types.length];
      for (int i = 0; i < types.length; i++) {
        if (types[i] == long.class) {
          values[i] = input.readVarLong(false);
        } else if (types[i] == int.class) {
          values[i] = input.readVarInt(false);
        } else if (types[i] == double.class) {
          values[i] = input.readDouble();
        } else if (types[i] == boolean.class) {
          values[i] = input.readBoolean();
        } else if (types[i] == String.class) {
          values[i] = input.readString();
        } else if (types[i].isRecord()) {
          values[i] = kryo.readObjectOrNull(input, types[i]);
        } else {
          values[i] = kryo.readClassAndObject(input);
        }
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

  private static final class OptionalSerializer extends Serializer<Optional<?>> {
    OptionalSerializer() {
      super(false, true);
    }

    @Override
    public void write(Kryo kryo, Output output, Optional<?> value) {
      kryo.writeClassAndObject(output, value.orElse(null));
    }

    @Override
    public Optional<?> read(Kryo kryo, Input input, Class<Optional<?>> type) {
      return Optional.ofNullable(kryo.readClassAndObject(input));
    }
  }

  private static final class CollectionSerializer<C extends Collection<?>> extends Serializer<C> {
    private final Function<List<Object>, C> immutable;

    CollectionSerializer(Function<List<Object>, C> immutable) {
      super(false, true);
      this.immutable = immutable;
    }

    @Override
    public void write(Kryo kryo, Output output, C collection) {
      output.writeVarInt(collection.size(), true);
      for (Object element : collection) {
        kryo.writeClassAndObject(output, element);
      }
    }

    @Override
    public C read(Kryo kryo, Input input, Class<C> type) {
      int size = input.readVarInt(true);
      List<Object> elements = new ArrayList<>(size);
      for (int i = 0; i < size; i++) {
        elements.add(kryo.readClassAndObject(input));
      }
      return immutable.apply(elements);
    }
  }

  // In the map's order.
  private static final class MapSerializer<M extends Map<?, ?>> extends Serializer<M> {
    private final Function<Map<Object, Object>, M> immutable;

    MapSerializer(Function<Map<Object, Object>, M> immutable) {
      super(false, true);
      this.immutable = immutable;
    }

    @Override
    public void write(Kryo kryo, Output output, M map) {
      output.writeVarInt(map.size(), true);
      map.forEach(
          (key, value) -> {
            kryo.writeClassAndObject(output, key);
            kryo.writeClassAndObject(output, value);
          });
    }

    @Override
    public M read(Kryo kryo, Input input, Class<M> type) {
      int size = input.readVarInt(true);
      Map<Object, Object> map = new LinkedHashMap<>();
      for (int i = 0; i < size; i++) {
        map.put(kryo.readClassAndObject(input), kryo.readClassAndObject(input));
      }
      return immutable.apply(map);
    }
  }
}
