package io.qtrace.spark.functions;

import org.apache.spark.sql.SparkSessionExtensions;
import scala.Tuple3;
import scala.runtime.AbstractFunction1;
import scala.runtime.BoxedUnit;

/**
 * Gives every session the functions of {@link QtraceFunctions}: {@code
 * spark.sql.extensions=io.qtrace.spark.functions.QtraceExtensions}.
 */
public final class QtraceExtensions extends AbstractFunction1<SparkSessionExtensions, BoxedUnit> {
  @Override
  public BoxedUnit apply(SparkSessionExtensions extensions) {
    for (SqlName name : QtraceFunctions.names()) {
      extensions.injectFunction(new Tuple3<>(name.identifier(), name.info(), name::call));
    }
    extensions.injectTableFunction(
        new Tuple3<>(ElementsFunction.IDENTIFIER, ElementsFunction.info(), ElementsFunction::call));
    return BoxedUnit.UNIT;
  }
}
