package io.qtrace.spark.source;

import io.qtrace.compare.Measure;
import io.qtrace.compare.MemberPartial;
import io.qtrace.compare.TensorSummary;
import io.qtrace.io.SafeText;
import io.qtrace.lut.CategoryRules;
import io.qtrace.lut.LayerNames;
import io.qtrace.tensor.Storage;
import io.qtrace.tensor.TensorEntry;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.apache.spark.sql.catalyst.util.GenericArrayData;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.unsafe.types.UTF8String;

/**
 * Columns of the source, in order, each with its value for a row in Spark's internal form; values
 * of tensors that cannot be read are null.
 */
enum TensorColumn {
  /** The requested file; for a sharded checkpoint, the index. */
  PATH(DataTypes.StringType, ofRow(row -> row.index().path())),
  FORMAT(DataTypes.StringType, ofRow(row -> row.index().format())),
  NAME(DataTypes.StringType, ofRow(TensorRow::name)),
  DTYPE(DataTypes.StringType, ofTensor(tensor -> text(tensor.dtype().label()))),
  SHAPE(arrayOf(DataTypes.LongType), ofTensor(tensor -> longs(tensor.shape().sizes()))),
  /** In elements, as the offset. */
  STRIDE(arrayOf(DataTypes.LongType), ofTensor(tensor -> longs(tensor.stride()))),
  OFFSET(DataTypes.LongType, ofTensor(TensorEntry::offset)),
  /** Size of the elements in bytes. */
  BYTES(DataTypes.LongType, ofTensor(TensorEntry::bytes)),
  /** The file that holds the bytes: a shard, or the path itself. */
  STORAGE_FILE(DataTypes.StringType, ofTensor(tensor -> text(tensor.storage().file()))),
  STORAGE_KEY(DataTypes.StringType, ofTensor(tensor -> text(tensor.storage().key()))),
  STORAGE_POSITION(DataTypes.LongType, ofTensor(tensor -> tensor.storage().position())),
  /** CRC-32 of the whole storage, 0 to 2^32 - 1; null if the file states none. */
  CRC32(DataTypes.LongType, ofTensor(tensor -> crc32(tensor.storage()))),
  CATEGORY(DataTypes.StringType, ofRow(row -> CategoryRules.DEFAULT.of(row.name()).label())),
  /** The module that owns the tensor: its name without the last part. */
  LAYER(DataTypes.StringType, ofRow(row -> LayerNames.moduleOf(row.name()))),
  ELEMENTS(DataTypes.LongType, ofTensor(TensorEntry::elements)),
  /** Why the tensor cannot be read; null where it can. */
  SKIPPED_REASON(
      DataTypes.StringType,
      (row, content) -> row.tensor().isPresent() ? null : text(row.skippedReason())),
  FINGERPRINT(
      DataTypes.StringType,
      Measure.FINGERPRINT,
      (tensor, content) -> text(content.fingerprint(tensor).toString())),
  MD5_16(DataTypes.StringType, Measure.MD5, (tensor, content) -> text(content.md5Prefix())),
  /** NaN left out, as of the maximum; null where nothing is left. Of complex numbers moduli. */
  MIN(DataTypes.DoubleType, Measure.STATS, ofNumbers(TensorSummary::min)),
  MAX(DataTypes.DoubleType, Measure.STATS, ofNumbers(TensorSummary::max)),
  MEAN(DataTypes.DoubleType, Measure.STATS, ofNumbers(TensorSummary::mean)),
  /** With n - 1 in the denominator. */
  STD(DataTypes.DoubleType, Measure.SPREAD, ofNumbers(TensorSummary::std)),
  NAN_COUNT(DataTypes.LongType, Measure.STATS, (tensor, content) -> content.stats().nan()),
  INF_COUNT(DataTypes.LongType, Measure.STATS, (tensor, content) -> content.stats().inf()),
  ZERO_COUNT(DataTypes.LongType, Measure.STATS, (tensor, content) -> content.stats().zeros()),
  /** In C order, of complex numbers the real parts; null of tensors above the limit. */
  VALUES(arrayOf(DataTypes.DoubleType), Measure.VALUES, TensorColumn::values);

  static final List<TensorColumn> ALL = List.of(values());

  private static final Set<TensorColumn> OF_EVERY_ROW =
      EnumSet.of(PATH, FORMAT, NAME, CATEGORY, LAYER);

  private final DataType type;
  private final Optional<Measure> measure;
  private final BiFunction<TensorRow, MemberPartial, Object> value;

  TensorColumn(DataType type, BiFunction<TensorRow, MemberPartial, Object> value) {
    this.type = type;
    this.measure = Optional.empty();
    this.value = value;
  }

  /** Of the tensor's elements. */
  TensorColumn(
      DataType type, Measure measure, BiFunction<TensorEntry, MemberPartial, Object> value) {
    this.type = type;
    this.measure = Optional.of(measure);
    this.value =
        (row, content) -> row.tensor().map(tensor -> value.apply(tensor, content)).orElse(null);
  }

  static StructType schema(List<TensorColumn> columns) {
    return new StructType(columns.stream().map(TensorColumn::field).toArray(StructField[]::new));
  }

  /** The columns of a part of the schema. */
  static List<TensorColumn> of(StructType schema) {
    return Arrays.stream(schema.fieldNames()).map(TensorColumn::of).toList();
  }

  /**
   * A column.
   *
   * @throws IllegalArgumentException if there is none of the name
   */
  static TensorColumn of(String name) {
    return ALL.stream()
        .filter(column -> column.label().equalsIgnoreCase(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "Invalid column: %s, expected one of %s"
                        .formatted(
                            SafeText.quoted(name),
                            ALL.stream().map(TensorColumn::label).toList())));
  }

  String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** What has to be measured of a tensor's elements; empty where its file's index is enough. */
  Optional<Measure> measure() {
    return measure;
  }

  /**
   * The value.
   *
   * @param content the measurements; ignored by a column without {@link #measure}
   */
  Object value(TensorRow row, MemberPartial content) {
    return value.apply(row, content);
  }

  private StructField field() {
    return DataTypes.createStructField(label(), type, !OF_EVERY_ROW.contains(this));
  }

  private static BiFunction<TensorRow, MemberPartial, Object> ofRow(
      Function<TensorRow, String> value) {
    return (row, content) -> text(value.apply(row));
  }

  private static BiFunction<TensorRow, MemberPartial, Object> ofTensor(
      Function<TensorEntry, Object> value) {
    return (row, content) -> row.tensor().map(value).orElse(null);
  }

  private static BiFunction<TensorEntry, MemberPartial, Object> ofNumbers(
      Function<TensorSummary, Optional<Double>> value) {
    return (tensor, content) -> value.apply(TensorSummary.of(content)).orElse(null);
  }

  private static DataType arrayOf(DataType element) {
    return DataTypes.createArrayType(element, false);
  }

  private static Object text(String text) {
    return UTF8String.fromString(text);
  }

  private static Object longs(List<Long> values) {
    return new GenericArrayData(values.stream().mapToLong(Long::longValue).toArray());
  }

  private static Object values(TensorEntry tensor, MemberPartial content) {
    return content.values().size() == tensor.elements()
        ? new GenericArrayData(content.values().stream().mapToDouble(each -> each).toArray())
        : null;
  }

  private static Object crc32(Storage storage) {
    return storage.crc32() == Storage.UNVERIFIED ? null : storage.crc32();
  }
}
