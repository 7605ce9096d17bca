package io.qtrace.spark.source;

import io.qtrace.tensor.CheckpointIndex;
import io.qtrace.tensor.Storage;
import io.qtrace.tensor.TensorEntry;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.BiFunction;
import org.apache.spark.sql.catalyst.util.GenericArrayData;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.unsafe.types.UTF8String;

/** Columns of the source, in order, each with its value for a tensor in Spark's internal form. */
enum TensorColumn {
  /** The file that was asked for; of a sharded checkpoint the index. */
  PATH(DataTypes.StringType, (index, tensor) -> text(index.path())),
  FORMAT(DataTypes.StringType, (index, tensor) -> text(index.format())),
  NAME(DataTypes.StringType, (index, tensor) -> text(tensor.name())),
  DTYPE(DataTypes.StringType, (index, tensor) -> text(tensor.dtype().label())),
  SHAPE(longs(), (index, tensor) -> array(tensor.shape().sizes())),
  /** In elements, as the offset. */
  STRIDE(longs(), (index, tensor) -> array(tensor.stride())),
  OFFSET(DataTypes.LongType, (index, tensor) -> tensor.offset()),
  /** Of the elements in C order. */
  BYTES(DataTypes.LongType, (index, tensor) -> tensor.bytes()),
  /** The file that holds the bytes: a shard, or the path itself. */
  STORAGE_FILE(DataTypes.StringType, (index, tensor) -> text(tensor.storage().file())),
  STORAGE_KEY(DataTypes.StringType, (index, tensor) -> text(tensor.storage().key())),
  STORAGE_POSITION(DataTypes.LongType, (index, tensor) -> tensor.storage().position()),
  /** Of the whole storage, 0 to 2^32 - 1; null where the file states none. */
  CRC32(DataTypes.LongType, (index, tensor) -> crc32(tensor.storage()));

  static final List<TensorColumn> ALL = List.of(values());

  private final DataType type;
  private final BiFunction<CheckpointIndex, TensorEntry, Object> value;

  TensorColumn(DataType type, BiFunction<CheckpointIndex, TensorEntry, Object> value) {
    this.type = type;
    this.value = value;
  }

  static StructType schema(List<TensorColumn> columns) {
    return new StructType(columns.stream().map(TensorColumn::field).toArray(StructField[]::new));
  }

  /** The columns of a part of the schema. */
  static List<TensorColumn> of(StructType schema) {
    return Arrays.stream(schema.fieldNames())
        .map(name -> valueOf(name.toUpperCase(Locale.ROOT)))
        .toList();
  }

  Object value(CheckpointIndex index, TensorEntry tensor) {
    return value.apply(index, tensor);
  }

  private StructField field() {
    return DataTypes.createStructField(name().toLowerCase(Locale.ROOT), type, this == CRC32);
  }

  private static DataType longs() {
    return DataTypes.createArrayType(DataTypes.LongType, false);
  }

  private static Object text(String text) {
    return UTF8String.fromString(text);
  }

  private static Object array(List<Long> values) {
    return new GenericArrayData(values.stream().mapToLong(Long::longValue).toArray());
  }

  private static Object crc32(Storage storage) {
    return storage.crc32() == Storage.UNVERIFIED ? null : storage.crc32();
  }
}
