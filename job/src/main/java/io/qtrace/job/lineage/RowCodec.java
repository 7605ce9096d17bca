package io.qtrace.job.lineage;

import java.lang.reflect.Array;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/**
 * A record type as a table's schema and its instances as rows: components in order, {@code
 * camelCase} as {@code snake_case}. Components are strings, primitive or boxed numbers and booleans
 * (boxed ones and strings may be null), instants, lists and records of these, {@link Inline}
 * records too.
 */
final class RowCodec<R extends Record> {
  private final Class<R> type;

  RowCodec(Class<R> type) {
    this.type = type;
  }

  StructType schema() {
    return Columns.of(type).schema();
  }

  Row row(R record) {
    return Columns.of(type).row(record);
  }

  R record(Row row) {
    return type.cast(Columns.of(type).record(row, ""));
  }

  static String column(String component) {
    return component.replaceAll("([A-Z])", "_$1").toLowerCase(Locale.ROOT);
  }

  /** One component of a record type. */
  private record Component(String column, Type type, Method accessor, String prefix) {
    static Component of(RecordComponent component) {
      Method accessor = component.getAccessor();
      accessor.setAccessible(true);
      Inline inline = component.getAnnotation(Inline.class);
      return new Component(
          RowCodec.column(component.getName()),
          component.getGenericType(),
          accessor,
          inline == null ? null : inline.value());
    }

    boolean isInline() {
      return prefix != null;
    }

    Columns columns() {
      return Columns.of((Class<?>) type);
    }

    Object value(Record record) {
      try {
        return accessor.invoke(record);
      } catch (IllegalAccessException | InvocationTargetException e) {
        throw new IllegalStateException("Cannot read " + accessor, e);
      }
    }
  }

  /** The columns of a record type, found once. */
  private static final class Columns {
    private static final Map<Class<?>, Columns> KNOWN = new ConcurrentHashMap<>();

    private final RecordComponent[] declared;
    private final List<Component> components;
    private final Constructor<?> constructor;
    private final int width;

    private Columns(Class<?> type) {
      declared = type.getRecordComponents();
      components = Arrays.stream(declared).map(Component::of).toList();
      Class<?>[] types =
          Arrays.stream(declared).map(RecordComponent::getType).toArray(Class<?>[]::new);
      try {
        constructor = type.getDeclaredConstructor(types);
        constructor.setAccessible(true);
      } catch (NoSuchMethodException e) {
        throw new IllegalStateException("Cannot make a " + type.getSimpleName(), e);
      }
      width = components.stream().mapToInt(one -> one.isInline() ? one.columns().width : 1).sum();
    }

    static Columns of(Class<?> type) {
      Columns known = KNOWN.get(type);
      if (known == null) {
        known = new Columns(type);
        KNOWN.put(type, known);
      }
      return known;
    }

    StructType schema() {
      List<StructField> fields = new ArrayList<>();
      add(fields, "", false);
      return new StructType(fields.toArray(StructField[]::new));
    }

    private void add(List<StructField> fields, String prefix, boolean mayBeAbsent) {
      for (int i = 0; i < declared.length; i++) {
        Component component = components.get(i);
        if (component.isInline()) {
          int first = fields.size();
          component.columns().add(fields, prefix + component.prefix(), true);
          comment(fields, first, declared[i].getAnnotation(Inline.class).comments());
          continue;
        }
        boolean nullable = !declared[i].getType().isPrimitive() || mayBeAbsent;
        StructField field =
            DataTypes.createStructField(
                prefix + component.column(), dataType(component.type()), nullable);
        ColumnComment about = declared[i].getAnnotation(ColumnComment.class);
        fields.add(about == null ? field : field.withComment(about.value()));
      }
    }

    private static void comment(List<StructField> fields, int first, String[] comments) {
      for (int i = 0; i < comments.length; i++) {
        fields.set(first + i, fields.get(first + i).withComment(comments[i]));
      }
    }

    Row row(Record record) {
      Object[] values = new Object[width];
      fill(values, 0, record);
      return RowFactory.create(values);
    }

    private int fill(Object[] values, int from, Record record) {
      int at = from;
      for (Component component : components) {
        Object value = record == null ? null : component.value(record);
        if (component.isInline()) {
          at = component.columns().fill(values, at, (Record) value);
        } else {
          values[at++] = toColumn(value);
        }
      }
      return at;
    }

    Object record(Row row, String prefix) {
      Object[] values = new Object[declared.length];
      for (int i = 0; i < declared.length; i++) {
        Component component = components.get(i);
        if (component.isInline()) {
          String inner = prefix + component.prefix();
          values[i] =
              component.columns().isAbsent(row, inner)
                  ? null
                  : component.columns().record(row, inner);
        } else {
          int column = row.fieldIndex(prefix + component.column());
          values[i] = fromColumn(row, column, component.type());
        }
      }
      try {
        return constructor.newInstance(values);
      } catch (ReflectiveOperationException e) {
        throw new IllegalStateException("Cannot make a row of " + constructor.getName(), e);
      }
    }

    private boolean isAbsent(Row row, String prefix) {
      return components.stream()
          .allMatch(
              one ->
                  one.isInline()
                      ? one.columns().isAbsent(row, prefix + one.prefix())
                      : row.isNullAt(row.fieldIndex(prefix + one.column())));
    }
  }

  private static DataType dataType(Type type) {
    if (type instanceof ParameterizedType list && list.getRawType() == List.class) {
      return DataTypes.createArrayType(dataType(list.getActualTypeArguments()[0]), false);
    }
    if (type == String.class) {
      return DataTypes.StringType;
    }
    if (type == int.class || type == Integer.class) {
      return DataTypes.IntegerType;
    }
    if (type == long.class || type == Long.class) {
      return DataTypes.LongType;
    }
    if (type == double.class || type == Double.class) {
      return DataTypes.DoubleType;
    }
    if (type == boolean.class || type == Boolean.class) {
      return DataTypes.BooleanType;
    }
    if (type == Instant.class) {
      return DataTypes.TimestampType;
    }
    if (type instanceof Class<?> record && record.isRecord()) {
      return Columns.of(record).schema();
    }
    throw new IllegalArgumentException("Unsupported column type: " + type.getTypeName());
  }

  private static Object toColumn(Object value) {
    if (value instanceof List<?> list) {
      return list.stream().map(RowCodec::toColumn).toArray();
    }
    if (value instanceof Instant instant) {
      return Timestamp.from(instant);
    }
    return value instanceof Record record ? Columns.of(record.getClass()).row(record) : value;
  }

  private static Object fromColumn(Row row, int column, Type type) {
    if (row.isNullAt(column)) {
      return absent(type);
    }
    if (type instanceof ParameterizedType list) {
      Type element = list.getActualTypeArguments()[0];
      return row.getList(column).stream().map(value -> fromElement(value, element)).toList();
    }
    return fromElement(row.get(column), type);
  }

  // A primitive is null only in rows older than its column; it reads as zero or false.
  private static Object absent(Type type) {
    return type instanceof Class<?> primitive && primitive.isPrimitive()
        ? Array.get(Array.newInstance(primitive, 1), 0)
        : null;
  }

  private static Object fromElement(Object value, Type type) {
    if (value instanceof Row row && type instanceof Class<?> record) {
      return Columns.of(record).record(row, "");
    }
    return value instanceof Timestamp timestamp
        ? timestamp.toInstant()
        : Objects.requireNonNull(value);
  }
}
