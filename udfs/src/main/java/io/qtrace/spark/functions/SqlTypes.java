package io.qtrace.spark.functions;

import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/** Types of arguments and results of functions. */
final class SqlTypes {
  static final DataType DOUBLES = DataTypes.createArrayType(DataTypes.DoubleType, false);

  static final DataType NULLABLE_DOUBLES = DataTypes.createArrayType(DataTypes.DoubleType, true);

  static final DataType STATS =
      new StructType()
          .add("elements", DataTypes.LongType, false)
          .add("min", DataTypes.DoubleType)
          .add("max", DataTypes.DoubleType)
          .add("mean", DataTypes.DoubleType)
          .add("std", DataTypes.DoubleType)
          .add("nan_count", DataTypes.LongType, false)
          .add("inf_count", DataTypes.LongType, false)
          .add("zero_count", DataTypes.LongType, false);

  static final DataType BUCKETS =
      DataTypes.createArrayType(
          new StructType()
              .add("lower", DataTypes.DoubleType, false)
              .add("upper", DataTypes.DoubleType, false)
              .add("count", DataTypes.LongType, false),
          false);

  static final DataType DIFF =
      new StructType()
          .add("status", DataTypes.StringType, false)
          .add("elements", DataTypes.LongType)
          .add("changed_elements", DataTypes.LongType)
          .add("max_abs", DataTypes.DoubleType)
          .add("mean_abs", DataTypes.DoubleType)
          .add("first_changed_index", DataTypes.LongType);

  private SqlTypes() {}
}
