package io.qtrace.spark.functions;

import java.io.IOException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.api.java.UDF1;
import org.apache.spark.sql.api.java.UDF2;
import org.apache.spark.sql.api.java.UDF3;
import org.apache.spark.sql.api.java.UDF4;
import org.apache.spark.sql.catalyst.FunctionIdentifier;
import org.apache.spark.sql.catalyst.expressions.Cast;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.ExpressionInfo;
import org.apache.spark.sql.classic.UserDefinedFunctionUtils;
import org.apache.spark.sql.expressions.SparkUserDefinedFunction;
import org.apache.spark.sql.expressions.UserDefinedFunction;
import org.apache.spark.sql.functions;
import scala.Option;
import scala.collection.immutable.Seq;
import scala.jdk.javaapi.CollectionConverters;

/**
 * A function under one of its names.
 *
 * @param lenient whether a file or tensor that cannot be read gives null instead of an error
 */
record SqlName(String name, SqlFunction function, boolean lenient) implements Serializable {
  FunctionIdentifier identifier() {
    return new FunctionIdentifier(name);
  }

  /** What {@code DESCRIBE FUNCTION EXTENDED} shows. */
  ExpressionInfo info() {
    return SqlHelp.of(
        name,
        function.parameters(),
        function.meaning() + (lenient ? " Null if the file or tensor cannot be read." : ""),
        function.example(),
        function.answer());
  }

  /**
   * A call.
   *
   * @throws IllegalArgumentException if the number of arguments is wrong
   */
  Expression call(Seq<Expression> arguments) {
    int expected = function.parameters().size();
    if (arguments.length() != expected) {
      throw new IllegalArgumentException(
          "Invalid call of %s: %d arguments, expected %d"
              .formatted(name, arguments.length(), expected));
    }
    List<Expression> cast = new ArrayList<>();
    for (int i = 0; i < expected; i++) {
      cast.add(new Cast(arguments.apply(i), function.parameters().get(i).type(), Option.empty()));
    }
    return UserDefinedFunctionUtils.toScalaUDF(
        (SparkUserDefinedFunction) udf().withName(name),
        CollectionConverters.asScala(cast).toSeq());
  }

  private UserDefinedFunction udf() {
    return switch (function.parameters().size()) {
      case 1 -> functions.udf((UDF1<Object, Object>) this::value, function.type());
      case 2 -> functions.udf((UDF2<Object, Object, Object>) this::value, function.type());
      case 3 -> functions.udf((UDF3<Object, Object, Object, Object>) this::value, function.type());
      default ->
          functions.udf(
              (UDF4<Object, Object, Object, Object, Object>) this::value, function.type());
    };
  }

  private Object value(Object... arguments) throws IOException {
    SqlCall call = new SqlCall(arguments);
    if (call.hasNull()) {
      return null;
    }
    try {
      return function.value(call);
    } catch (IOException e) {
      if (lenient) {
        return null;
      }
      throw e;
    }
  }
}
