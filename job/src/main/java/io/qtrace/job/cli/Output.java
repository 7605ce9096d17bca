package io.qtrace.job.cli;

import io.qtrace.job.text.Terminal;
import java.io.PrintWriter;
import java.util.List;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Options of every command that prints results, and the printing itself. */
final class Output {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Option(
      names = "--format",
      paramLabel = "text|json",
      defaultValue = "text",
      description = "Format of the results on standard output; default ${DEFAULT-VALUE}.")
  private OutputFormat format;

  /**
   * Prints one result.
   *
   * @param text its lines, given the maximum number of characters in a line
   * @param json its JSON text
   */
  void print(IntFunction<List<String>> text, Supplier<String> json) {
    PrintWriter out = command.commandLine().getOut();
    switch (format) {
      case TEXT ->
          text.apply(Terminal.columns()).stream()
              .map(Terminal.hasColour() ? Verdicts::coloured : line -> line)
              .forEach(out::println);
      case JSON -> out.println(json.get());
    }
    out.flush();
  }
}
