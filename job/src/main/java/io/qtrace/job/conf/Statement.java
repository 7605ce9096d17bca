package io.qtrace.job.conf;

import java.util.Objects;

/**
 * One SQL statement.
 *
 * @param sql without the semicolon or {@code \G} that ends it
 * @param isVertical whether {@code \G} ends it, which requests a line per column
 */
public record Statement(String sql, boolean isVertical) {
  public Statement {
    Objects.requireNonNull(sql, "sql");
  }
}
