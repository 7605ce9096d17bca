package io.qtrace.spark.functions;

import java.util.Arrays;
import java.util.List;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.internal.SessionState;

/**
 * SQL functions for tensors and LUTs, to be added to a running session; {@code DESCRIBE FUNCTION
 * EXTENDED} explains each. They read files with the Hadoop settings of the application ({@code
 * spark.hadoop.*}), not those that a session sets later.
 *
 * @see QtraceExtensions
 */
public final class QtraceFunctions {
  private QtraceFunctions() {}

  /** Makes the functions known to the session until it ends. */
  public static void register(SparkSession session) {
    SessionState state = ((org.apache.spark.sql.classic.SparkSession) session).sessionState();
    for (SqlName name : names()) {
      state.functionRegistry().registerFunction(name.identifier(), name.info(), name::call);
    }
    state
        .tableFunctionRegistry()
        .registerFunction(
            ElementsFunction.IDENTIFIER, ElementsFunction.info(), ElementsFunction::call);
  }

  static List<SqlName> names() {
    return Arrays.stream(SqlFunction.values()).flatMap(each -> each.names().stream()).toList();
  }
}
