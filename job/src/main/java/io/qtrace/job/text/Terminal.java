package io.qtrace.job.text;

import java.io.Console;

/**
 * Whether standard output is a terminal, or a file or pipe, which gets everything without
 * decoration.
 */
public final class Terminal {
  private static final int COLUMNS = 100;

  private Terminal() {}

  /** Maximum number of characters in a line of text: 100 on a terminal, otherwise unlimited. */
  public static int columns() {
    return isInteractive() ? COLUMNS : Integer.MAX_VALUE;
  }

  /** Whether colour may be used: on a terminal, unless NO_COLOR or TERM=dumb is set. */
  public static boolean hasColour() {
    return isInteractive()
        && System.getenv("NO_COLOR") == null
        && !"dumb".equals(System.getenv("TERM"));
  }

  /**
   * Whether standard error is a terminal, where a line can be rewritten. Java cannot tell, so
   * {@code scripts/qtrace} sets it.
   */
  public static boolean hasErrorLine() {
    return "terminal".equals(System.getenv("QTRACE_STDERR"));
  }

  /** Whether the session is interactive: standard input and standard output are a terminal. */
  public static boolean isInteractive() {
    Console console = System.console();
    if (console == null) {
      return false;
    }
    try {
      // Since Java 22 there is always a console, and this method, which Java 17 lacks.
      return (boolean) Console.class.getMethod("isTerminal").invoke(console);
    } catch (NoSuchMethodException e) {
      return true;
    } catch (ReflectiveOperationException e) {
      return false;
    }
  }
}
