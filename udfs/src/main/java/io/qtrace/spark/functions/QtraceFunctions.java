package io.qtrace.spark.functions;

import org.apache.spark.sql.SparkSession;

/**
 * SQL functions about tensors, for a session that runs already: {@code qtrace_layer(name)}, {@code
 * qtrace_layer_number(name)}, {@code qtrace_dtype_bytes(dtype)}.
 *
 * @see QtraceExtensions
 */
public final class QtraceFunctions {
  private QtraceFunctions() {}

  /** Makes the functions known to the session until it ends. */
  public static void register(SparkSession session) {
    for (SqlFunction function : SqlFunction.values()) {
      session.udf().register(function.sqlName(), function.udf());
    }
  }
}
