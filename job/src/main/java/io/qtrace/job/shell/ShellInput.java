package io.qtrace.job.shell;

import io.qtrace.job.conf.Statements;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.jline.reader.CompletingParsedLine;
import org.jline.reader.EOFError;
import org.jline.reader.ParsedLine;
import org.jline.reader.Parser;
import org.jline.reader.impl.DefaultParser;

/** Parses what is typed: dot commands and commands of qtrace, one line each, and SQL statements. */
final class ShellInput implements Parser {
  /** Which of them a text is. */
  enum Kind {
    DOT,
    COMMAND,
    SQL
  }

  // SQL has an EXPLAIN too.
  private static final Pattern EXPLAIN =
      Pattern.compile(
          "explain(\\s+(extended|codegen|cost|formatted|select|with|from|values|table|insert|"
              + "create|merge|update|delete|show|describe)\\b.*|\\s*)",
          Pattern.CASE_INSENSITIVE | Pattern.DOTALL);

  private final Set<String> commands;
  private final DefaultParser shellWords = new DefaultParser();

  ShellInput(Set<String> commands) {
    this.commands = Set.copyOf(commands);
  }

  Kind kind(String text) {
    String stripped = text.strip();
    if (stripped.startsWith(".")) {
      return Kind.DOT;
    }
    boolean isCommand = commands.contains(stripped.split("\\s", 2)[0]);
    return isCommand && !EXPLAIN.matcher(stripped).matches() ? Kind.COMMAND : Kind.SQL;
  }

  /** Splits a line into words as a shell does: quotes and backslashes protect blanks. */
  List<String> words(String line) {
    return shellWords.parse(line, line.length(), ParseContext.SPLIT_LINE).words().stream()
        .filter(word -> !word.isEmpty())
        .toList();
  }

  /**
   * The word at the cursor, for completion.
   *
   * @throws EOFError if a statement or a quote is accepted before its end: the next line is asked
   *     for
   */
  @Override
  public ParsedLine parse(String line, int cursor, ParseContext context) {
    if (kind(line) != Kind.SQL) {
      return shellWords.parse(line, cursor, context);
    }
    if (context == ParseContext.ACCEPT_LINE && !Statements.isComplete(line)) {
      throw new EOFError(-1, -1, "The statement has no end, expected a semicolon or \\G");
    }
    return SqlWord.at(line, cursor);
  }

  // A backslash has no meaning in what is typed.
  @Override
  public boolean isEscapeChar(char c) {
    return false;
  }

  /**
   * The name that a cursor is in: only it is replaced by what completes it.
   *
   * @param wordCursor characters of the name before the cursor
   */
  private record SqlWord(String line, int cursor, String word, int wordCursor)
      implements CompletingParsedLine {
    static SqlWord at(String line, int cursor) {
      int start = cursor;
      while (start > 0 && isOfName(line.charAt(start - 1))) {
        start--;
      }
      int end = cursor;
      while (end < line.length() && isOfName(line.charAt(end))) {
        end++;
      }
      return new SqlWord(line, cursor, line.substring(start, end), cursor - start);
    }

    private static boolean isOfName(char c) {
      return Character.isLetterOrDigit(c) || c == '_' || c == '.';
    }

    @Override
    public int wordIndex() {
      return 0;
    }

    @Override
    public List<String> words() {
      return List.of(word);
    }

    @Override
    public int rawWordCursor() {
      return wordCursor;
    }

    @Override
    public int rawWordLength() {
      return word.length();
    }

    @Override
    public CharSequence escape(CharSequence candidate, boolean isComplete) {
      return candidate;
    }
  }
}
