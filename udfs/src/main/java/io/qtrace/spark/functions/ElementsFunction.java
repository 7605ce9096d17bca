package io.qtrace.spark.functions;

import io.qtrace.spark.functions.SqlFunction.Parameter;
import io.qtrace.spark.source.ElementTable;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.catalyst.FunctionIdentifier;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.Cast;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.ExpressionInfo;
import org.apache.spark.sql.catalyst.plans.logical.LocalRelation$;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.execution.datasources.v2.DataSourceV2Relation;
import org.apache.spark.sql.util.CaseInsensitiveStringMap;
import scala.Option;
import scala.collection.immutable.Seq;

/** The table function {@code qtrace_elements(path, name)}: a scan of an {@link ElementTable}. */
final class ElementsFunction {
  static final String NAME = "qtrace_elements";
  static final FunctionIdentifier IDENTIFIER = new FunctionIdentifier(NAME);

  private static final List<Parameter> PARAMETERS = List.of(Parameter.PATH, Parameter.NAME);

  private ElementsFunction() {}

  static ExpressionInfo info() {
    return SqlHelp.of(
        NAME,
        PARAMETERS,
        "The elements of a tensor of any size as rows: index, in C order from 0, and value, as"
            + " float64.",
        "max(value) FROM _FUNC_('checkpoint.pt', 'model.layers.0.self_attn.q_proj.lut')",
        "2.0");
  }

  /**
   * A call; no rows where an argument is null.
   *
   * @throws IllegalArgumentException unless it has two constant arguments
   */
  static LogicalPlan call(Seq<Expression> arguments) {
    if (arguments.length() != PARAMETERS.size()) {
      throw new IllegalArgumentException(
          "Invalid call of %s: %d arguments, expected %d"
              .formatted(NAME, arguments.length(), PARAMETERS.size()));
    }
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < PARAMETERS.size(); i++) {
      Object text = constant(PARAMETERS.get(i), arguments.apply(i));
      if (text == null) {
        return LocalRelation$.MODULE$.apply(ElementTable.SCHEMA);
      }
      texts.add(text.toString());
    }
    return DataSourceV2Relation.create(
        new ElementTable(List.of(texts.get(0)), texts.get(1)),
        Option.empty(),
        Option.empty(),
        CaseInsensitiveStringMap.empty(),
        Option.empty());
  }

  private static Object constant(Parameter parameter, Expression argument) {
    if (!argument.foldable()) {
      throw new IllegalArgumentException(
          "Invalid call of %s: %s is not constant, expected a text; for a tensor that a column names"
                  .formatted(NAME, parameter.name())
              + " use LATERAL posexplode(tensor_values(path, name)), or tensor_slice");
    }
    return new Cast(argument, parameter.type(), Option.empty()).eval(InternalRow.empty());
  }
}
