package io.qtrace.job.lineage;

import java.lang.reflect.Array;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/**
 * A record type as a table's schema and its instances as rows: components in order, {@code
 * camelCase} as {@code snake_case}. Components are strings, primitive or boxed numbers and booleans
 * (boxed ones and strings may be null), instants, lists and records of these.
 */
final class RowCodec<R extends Record> {
  private final Class<R> type;

  RowCodec(Class<R> type) {
    this.type = type;
  }

  StructType schema() {
    return schema(type);
  }

  Row row(R record) {
    return toRow(record);
  }

  R record(Row row) {
    return fromRow(row, type);
  }

  static String column(String component) {
    return component.replaceAll("([A-Z])", "_$1").toLowerCase(Locale.ROOT);
  }

  private static StructType schema(Class<?> type) {
    StructField[] fields =
        Arrays.stream(type.getRecordComponents()).map(RowCodec::field).toArray(StructField[]::new);
    return new StructType(fields);
  }

  private static StructField field(RecordComponent component) {
    boolean nullable = !component.getType().isPrimitive();
    StructField field =
        DataTypes.createStructField(
            column(component.getName()), dataType(component.getGenericType()), nullable);
    About about = component.getAnnotation(About.class);
    return about == null ? field : field.withComment(about.value());
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
      return schema(record);
    }
    throw new IllegalArgumentException("Unsupported column type: " + type.getTypeName());
  }

  private static Row toRow(Record record) {
    RecordComponent[] components = record.getClass().getRecordComponents();
    Object[] values = new Object[components.length];
    for (int i = 0; i < components.length; i++) {
      values[i] = toColumn(invoke(components[i], record));
    }
    return RowFactory.create(values);
  }

  private static Object toColumn(Object value) {
    if (value instanceof List<?> list) {
      return list.stream().map(RowCodec::toColumn).toArray();
    }
    if (value instanceof Instant instant) {
      return Timestamp.from(instant);
    }
    return value instanceof Record record ? toRow(record) : value;
  }

  private static <T> T fromRow(Row row, Class<T> type) {
    RecordComponent[] components = type.getRecordComponents();
    Object[] values = new Object[components.length];
    for (int i = 0; i < components.length; i++) {
      int column = row.fieldIndex(column(components[i].getName()));
      values[i] = fromColumn(row, column, components[i].getGenericType());
    }
    return construct(type, components, values);
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

  // A primitive is null only in rows that are older than its column: zero or false.
  private static Object absent(Type type) {
    return type instanceof Class<?> primitive && primitive.isPrimitive()
        ? Array.get(Array.newInstance(primitive, 1), 0)
        : null;
  }

  private static Object fromElement(Object value, Type type) {
    if (value instanceof Row row && type instanceof Class<?> record) {
      return fromRow(row, record);
    }
    return value instanceof Timestamp timestamp ? timestamp.toInstant() : value;
  }

  private static Object invoke(RecordComponent component, Record record) {
    try {
      component.getAccessor().setAccessible(true);
      return component.getAccessor().invoke(record);
    } catch (IllegalAccessException | InvocationTargetException e) {
      throw new IllegalStateException("Cannot read " + component, e);
    }
  }

  private static <T> T construct(Class<T> type, RecordComponent[] components, Object[] values) {
    Class<?>[] types =
        Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
    try {
      Constructor<T> constructor = type.getDeclaredConstructor(types);
      constructor.setAccessible(true);
      return constructor.newInstance(values);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("Cannot make a " + type.getSimpleName(), e);
    }
  }
}
