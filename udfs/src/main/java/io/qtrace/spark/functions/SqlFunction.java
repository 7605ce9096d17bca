package io.qtrace.spark.functions;

import io.qtrace.tensor.DType;
import java.util.Locale;
import org.apache.spark.sql.api.java.UDF1;
import org.apache.spark.sql.expressions.UserDefinedFunction;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;

/** The SQL functions, all of one string; null of null. */
enum SqlFunction {
  QTRACE_LAYER(
      TensorNames::layer,
      DataTypes.StringType,
      "_FUNC_(name) - the module that owns a tensor: 'model.layers.0.mlp.up_proj' of"
          + " 'model.layers.0.mlp.up_proj._Q'"),
  QTRACE_LAYER_NUMBER(
      TensorNames::layerNumber,
      DataTypes.IntegerType,
      "_FUNC_(name) - the number in a tensor's name: 0 of 'model.layers.0.mlp.up_proj._Q', null"
          + " where there is none"),
  QTRACE_DTYPE_BYTES(
      dtype -> DType.of(dtype).map(DType::bytes).orElse(null),
      DataTypes.IntegerType,
      "_FUNC_(dtype) - bytes of an element: 2 of 'bfloat16', null of an unknown dtype");

  private final UDF1<String, Object> body;
  private final DataType type;
  private final String usage;

  SqlFunction(UDF1<String, Object> body, DataType type, String usage) {
    this.body = body;
    this.type = type;
    this.usage = usage;
  }

  String sqlName() {
    return name().toLowerCase(Locale.ROOT);
  }

  String usage() {
    return usage;
  }

  UserDefinedFunction udf() {
    UDF1<String, Object> nullSafe = text -> text == null ? null : body.call(text);
    return functions.udf(nullSafe, type).withName(sqlName());
  }
}
