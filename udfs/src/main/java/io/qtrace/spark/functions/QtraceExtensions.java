package io.qtrace.spark.functions;

import java.util.List;
import org.apache.spark.sql.SparkSessionExtensions;
import org.apache.spark.sql.catalyst.FunctionIdentifier;
import org.apache.spark.sql.catalyst.expressions.Cast;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.ExpressionInfo;
import org.apache.spark.sql.classic.UserDefinedFunctionUtils;
import org.apache.spark.sql.expressions.SparkUserDefinedFunction;
import org.apache.spark.sql.types.DataTypes;
import scala.Function1;
import scala.Option;
import scala.Tuple3;
import scala.collection.immutable.Seq;
import scala.jdk.javaapi.CollectionConverters;
import scala.runtime.AbstractFunction1;
import scala.runtime.BoxedUnit;

/**
 * Gives every session the functions of {@link QtraceFunctions}: {@code
 * spark.sql.extensions=io.qtrace.spark.functions.QtraceExtensions}.
 */
public final class QtraceExtensions extends AbstractFunction1<SparkSessionExtensions, BoxedUnit> {
  @Override
  public BoxedUnit apply(SparkSessionExtensions extensions) {
    for (SqlFunction function : SqlFunction.values()) {
      Function1<Seq<Expression>, Expression> builder = arguments -> call(function, arguments);
      extensions.injectFunction(
          new Tuple3<>(new FunctionIdentifier(function.sqlName()), info(function), builder));
    }
    return BoxedUnit.UNIT;
  }

  private static ExpressionInfo info(SqlFunction function) {
    return new ExpressionInfo(
        QtraceExtensions.class.getName(), null, function.sqlName(), function.usage(), "");
  }

  private static Expression call(SqlFunction function, Seq<Expression> arguments) {
    if (arguments.length() != 1) {
      throw new IllegalArgumentException(
          "Invalid call of %s: %d arguments, expected 1"
              .formatted(function.sqlName(), arguments.length()));
    }
    Expression text = new Cast(arguments.head(), DataTypes.StringType, Option.empty());
    return UserDefinedFunctionUtils.toScalaUDF(
        (SparkUserDefinedFunction) function.udf(),
        CollectionConverters.asScala(List.of(text)).toSeq());
  }
}
