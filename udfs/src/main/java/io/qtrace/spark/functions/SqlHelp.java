package io.qtrace.spark.functions;

import io.qtrace.spark.functions.SqlFunction.Parameter;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.spark.sql.catalyst.expressions.ExpressionInfo;

/** What {@code DESCRIBE FUNCTION EXTENDED} shows. */
final class SqlHelp {
  private SqlHelp() {}

  /**
   * A function's help.
   *
   * @param example what follows SELECT, with {@code _FUNC_} for the name
   * @param answer the value of the example, as Spark prints it
   */
  static ExpressionInfo of(
      String name, List<Parameter> parameters, String meaning, String example, String answer) {
    String usage = parameters.stream().map(Parameter::name).collect(Collectors.joining(", "));
    String arguments =
        parameters.stream()
            .map(each -> "      * %s - %s\n".formatted(each.name(), each.meaning()))
            .collect(Collectors.joining("", "\n    Arguments:\n", "  "));
    return new ExpressionInfo(
        QtraceExtensions.class.getName(),
        null,
        name,
        "_FUNC_(%s) - %s".formatted(usage, meaning),
        arguments,
        "\n    Examples:\n      > SELECT %s;\n       %s\n  ".formatted(example, answer),
        "",
        "misc_funcs",
        "",
        "",
        "java_udf");
  }
}
