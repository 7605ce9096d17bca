package io.qtrace.job.compare;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Function;

/**
 * Writes and reads values of one declared type; what the type determines (an enum, a record, a list
 * of strings) is not written with each value. Collections are read as immutable ones, sets and maps
 * in their order.
 */
interface RecordCodec {
  Map<Class<?>, Class<?>> BOXED =
      Map.of(Integer.class, int.class, Long.class, long.class, Double.class, double.class);

  /** Names that were read before. */
  Canonical<String> NAMES = new Canonical<>(1 << 14);

  /** Names by which maps find tensors and layers. */
  RecordCodec NAME =
      new Plain(
          (output, value) -> output.writeString((String) value),
          input -> NAMES.of(input.readString()));

  void write(Kryo kryo, Output output, Object value);

  Object read(Kryo kryo, Input input);

  /** The codec of a type. */
  static RecordCodec of(Type type) {
    if (type instanceof ParameterizedType generic) {
      return of((Class<?>) generic.getRawType(), generic.getActualTypeArguments());
    }
    return type instanceof Class<?> raw
        ? of(raw, new Type[] {Object.class, Object.class})
        : new Any();
  }

  private static RecordCodec of(Class<?> type, Type[] elements) {
    if (type == int.class) {
      return new Plain(
          (output, value) -> output.writeVarInt((Integer) value, false),
          input -> input.readVarInt(false));
    } else if (type == long.class) {
      return new Plain(
          (output, value) -> output.writeVarLong((Long) value, false),
          input -> input.readVarLong(false));
    } else if (type == double.class) {
      return new Plain((output, value) -> output.writeDouble((Double) value), Input::readDouble);
    } else if (type == boolean.class) {
      return new Plain((output, value) -> output.writeBoolean((Boolean) value), Input::readBoolean);
    } else if (type == String.class) {
      return new Plain((output, value) -> output.writeString((String) value), Input::readString);
    } else if (BOXED.containsKey(type)) {
      return new Nullable(of(BOXED.get(type), elements));
    } else if (type == Optional.class) {
      return new Optionals(of(elements[0]));
    } else if (type == List.class) {
      return new Elements(of(elements[0]), RecordCodec::list);
    } else if (type == Set.class) {
      return new Elements(
          of(elements[0]), read -> Collections.unmodifiableSet(new LinkedHashSet<>(read)));
    } else if (type == Map.class) {
      return new Maps(elements[0] == String.class ? NAME : of(elements[0]), of(elements[1]));
    } else if (type.isEnum()) {
      return new Enums(type.getEnumConstants());
    }
    return type.isRecord() ? new Records(type) : new Any();
  }

  // Lists of Stream.toList may contain null.
  private static List<?> list(List<Object> elements) {
    return elements.contains(null) ? Collections.unmodifiableList(elements) : List.copyOf(elements);
  }

  /** Primitive values and texts. */
  record Plain(BiConsumer<Output, Object> writer, Function<Input, Object> reader)
      implements RecordCodec {
    @Override
    public void write(Kryo kryo, Output output, Object value) {
      writer.accept(output, value);
    }

    @Override
    public Object read(Kryo kryo, Input input) {
      return reader.apply(input);
    }
  }

  /** Values that may be null. */
  record Nullable(RecordCodec element) implements RecordCodec {
    @Override
    public void write(Kryo kryo, Output output, Object value) {
      output.writeBoolean(value != null);
      if (value != null) {
        element.write(kryo, output, value);
      }
    }

    @Override
    public Object read(Kryo kryo, Input input) {
      return input.readBoolean() ? element.read(kryo, input) : null;
    }
  }

  /** Constants of an enum by position, or null. */
  record Enums(Object[] constants) implements RecordCodec {
    @Override
    public void write(Kryo kryo, Output output, Object value) {
      output.writeVarInt(value == null ? 0 : ((Enum<?>) value).ordinal() + 1, true);
    }

    @Override
    public Object read(Kryo kryo, Input input) {
      int place = input.readVarInt(true);
      return place == 0 ? null : constants[place - 1];
    }
  }

  /** Records of one type, or null. */
  record Records(Class<?> type) implements RecordCodec {
    @Override
    public void write(Kryo kryo, Output output, Object value) {
      kryo.writeObjectOrNull(output, value, type);
    }

    @Override
    public Object read(Kryo kryo, Input input) {
      return kryo.readObjectOrNull(input, type);
    }
  }

  /** Values of unknown types, with the name of their class, or null. */
  record Any() implements RecordCodec {
    @Override
    public void write(Kryo kryo, Output output, Object value) {
      kryo.writeClassAndObject(output, value);
    }

    @Override
    public Object read(Kryo kryo, Input input) {
      return kryo.readClassAndObject(input);
    }
  }

  /** Values that may be absent. */
  record Optionals(RecordCodec element) implements RecordCodec {
    @Override
    public void write(Kryo kryo, Output output, Object value) {
      Optional<?> optional = (Optional<?>) value;
      output.writeBoolean(optional.isPresent());
      if (optional.isPresent()) {
        element.write(kryo, output, optional.get());
      }
    }

    @Override
    public Object read(Kryo kryo, Input input) {
      return input.readBoolean() ? Optional.of(element.read(kryo, input)) : Optional.empty();
    }
  }

  /** Lists or sets, or null. */
  record Elements(RecordCodec element, Function<List<Object>, Collection<?>> immutable)
      implements RecordCodec {
    @Override
    public void write(Kryo kryo, Output output, Object value) {
      Collection<?> elements = (Collection<?>) value;
      output.writeVarInt(elements == null ? 0 : elements.size() + 1, true);
      if (elements != null) {
        elements.forEach(one -> element.write(kryo, output, one));
      }
    }

    @Override
    public Object read(Kryo kryo, Input input) {
      int size = input.readVarInt(true) - 1;
      if (size < 0) {
        return null;
      }
      List<Object> elements = new ArrayList<>(size);
      for (int i = 0; i < size; i++) {
        elements.add(element.read(kryo, input));
      }
      return immutable.apply(elements);
    }
  }

  /** Maps, or null. */
  record Maps(RecordCodec key, RecordCodec value) implements RecordCodec {
    @Override
    public void write(Kryo kryo, Output output, Object map) {
      Map<?, ?> entries = (Map<?, ?>) map;
      output.writeVarInt(entries == null ? 0 : entries.size() + 1, true);
      if (entries != null) {
        entries.forEach(
            (one, other) -> {
              key.write(kryo, output, one);
              value.write(kryo, output, other);
            });
      }
    }

    @Override
    public Object read(Kryo kryo, Input input) {
      int size = input.readVarInt(true) - 1;
      if (size < 0) {
        return null;
      }
      Map<Object, Object> entries = new LinkedHashMap<>();
      for (int i = 0; i < size; i++) {
        entries.put(key.read(kryo, input), value.read(kryo, input));
      }
      return Collections.unmodifiableMap(entries);
    }
  }
}
