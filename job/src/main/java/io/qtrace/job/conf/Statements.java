package io.qtrace.job.conf;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.antlr.v4.runtime.CharStreams;
import org.antlr.v4.runtime.CodePointCharStream;
import org.antlr.v4.runtime.Token;
import org.antlr.v4.runtime.misc.Interval;
import org.apache.spark.sql.catalyst.parser.SqlBaseLexer;
import org.apache.spark.sql.catalyst.parser.UpperCaseCharStream;

/** Splits SQL text into statements with Spark's lexer. */
public final class Statements {
  private final CodePointCharStream text;
  private final List<Statement> found = new ArrayList<>();
  private int start; // of the statement that has not ended yet
  private boolean empty = true; // whether it is empty so far
  private boolean isQuoteOpen;

  private Statements(String sql) {
    text = CharStreams.fromString(sql);
    SqlBaseLexer lexer = new SqlBaseLexer(new UpperCaseCharStream(text));
    lexer.removeErrorListeners(); // Spark's parser reports what is wrong
    Token before = null;
    for (Token token = lexer.nextToken();
        token.getType() != Token.EOF;
        before = token, token = lexer.nextToken()) {
      if (token.getType() == SqlBaseLexer.SEMICOLON) {
        end(token.getStartIndex(), token.getStopIndex(), false);
      } else if (isVerticalEnd(before, token)) {
        end(before.getStartIndex(), token.getStopIndex(), true);
      } else if (token.getChannel() == Token.DEFAULT_CHANNEL) {
        empty = false;
        isQuoteOpen |= "'\"`".contains(token.getText());
      }
    }
  }

  // A backslash and a G, which are two tokens.
  private static boolean isVerticalEnd(Token before, Token token) {
    return before != null
        && before.getText().equals("\\")
        && before.getStopIndex() + 1 == token.getStartIndex()
        && token.getText().toUpperCase(Locale.ROOT).equals("G");
  }

  private void end(int from, int to, boolean isVertical) {
    String sql = start < from ? text.getText(Interval.of(start, from - 1)).strip() : "";
    if (!empty && !sql.isEmpty()) {
      found.add(new Statement(sql, isVertical));
    }
    start = to + 1;
    empty = true;
  }

  /**
   * The statements, each ended by a semicolon or {@code \G}, except the last, which may have
   * neither; empty ones are left out. Semicolons in quotes and comments end nothing.
   */
  public static List<Statement> split(String sql) {
    Statements statements = new Statements(sql);
    statements.end(statements.text.size(), statements.text.size(), false);
    return List.copyOf(statements.found);
  }

  /** Whether a semicolon or {@code \G} ends the last statement, or there is none. */
  public static boolean isComplete(String sql) {
    Statements statements = new Statements(sql);
    return statements.empty && !statements.isQuoteOpen;
  }
}
