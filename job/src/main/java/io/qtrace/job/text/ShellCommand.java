package io.qtrace.job.text;

import io.qtrace.io.SafeText;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A suggested command in a form that can be pasted into a shell. */
public final class ShellCommand {
  private static final String PLAIN = "[A-Za-z0-9_@%+=:,./-]+";

  private ShellCommand() {}

  /** A command of qtrace, by the name that {@code scripts/qtrace} was called by. */
  public static String qtrace(List<String> words) {
    String name = Objects.requireNonNullElse(System.getenv("QTRACE_COMMAND"), "qtrace");
    return Stream.concat(Stream.of(name), words.stream())
        .map(ShellCommand::quoted)
        .collect(Collectors.joining(" "));
  }

  // Quotes a word if necessary; uses bash's $'...' for characters that SafeText escapes.
  private static String quoted(String word) {
    String safe = SafeText.of(word);
    if (!safe.equals(word)) {
      return "$'" + safe.replace("'", "\\'") + "'";
    }
    if (word.matches(PLAIN)) {
      return word;
    }
    boolean inDouble = word.contains("'") && !word.matches(".*[\"$`!].*");
    return inDouble ? "\"" + word + "\"" : "'" + word.replace("'", "'\\''") + "'";
  }
}
