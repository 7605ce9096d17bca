package io.qtrace.job.cli;

import io.qtrace.job.policy.Verdict;
import java.util.EnumMap;
import java.util.Map;
import picocli.CommandLine.Help.Ansi;

/** Verdicts in a line of text, coloured for a terminal. */
final class Verdicts {
  private static final Map<Verdict, String> STYLES = new EnumMap<>(Verdict.class);

  static {
    STYLES.put(Verdict.CLEAN, "green");
    STYLES.put(Verdict.VIOLATION, "bold,red");
  }

  private Verdicts() {}

  /** The line with every verdict in its colour; other text stays as it is. */
  static String coloured(String line) {
    String coloured = line;
    for (Map.Entry<Verdict, String> style : STYLES.entrySet()) {
      String verdict = style.getKey().name();
      coloured =
          coloured.replaceAll(
              "\\b" + verdict + "\\b",
              Ansi.ON.string("@|%s %s|@".formatted(style.getValue(), verdict)));
    }
    return coloured;
  }
}
