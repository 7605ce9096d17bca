package io.qtrace.job.conf;

import java.util.ArrayList;
import java.util.List;
import org.antlr.v4.runtime.CharStreams;
import org.antlr.v4.runtime.CodePointCharStream;
import org.antlr.v4.runtime.Token;
import org.antlr.v4.runtime.misc.Interval;
import org.apache.spark.sql.catalyst.parser.SqlBaseLexer;
import org.apache.spark.sql.catalyst.parser.UpperCaseCharStream;

/** SQL text with several statements, taken apart by Spark's own lexer. */
public final class Statements {
  private Statements() {}

  /**
   * The statements between semicolons, without those that say nothing; semicolons in quotes and
   * comments separate nothing.
   */
  public static List<String> split(String sql) {
    CodePointCharStream text = CharStreams.fromString(sql);
    SqlBaseLexer lexer = new SqlBaseLexer(new UpperCaseCharStream(text));
    lexer.removeErrorListeners(); // Spark's parser reports what is wrong
    List<String> statements = new ArrayList<>();
    int start = 0;
    boolean empty = true;
    for (Token token = lexer.nextToken(); ; token = lexer.nextToken()) {
      boolean ends = token.getType() == Token.EOF || token.getType() == SqlBaseLexer.SEMICOLON;
      if (ends && !empty) {
        statements.add(text.getText(Interval.of(start, token.getStartIndex() - 1)).strip());
      }
      if (token.getType() == Token.EOF) {
        return statements;
      }
      if (ends) {
        start = token.getStopIndex() + 1;
        empty = true;
      } else if (token.getChannel() == Token.DEFAULT_CHANNEL) {
        empty = false;
      }
    }
  }
}
