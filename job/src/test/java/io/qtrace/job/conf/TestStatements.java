package io.qtrace.job.conf;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class TestStatements {
  @Test
  void semicolonsSeparateStatements() {
    assertThat(sql("select 1;\n select 😀 ;; ; select 3"))
        .containsExactly("select 1", "select 😀", "select 3");
    assertThat(Statements.split(" ;-- only a comment;\n")).isEmpty();
  }

  @Test
  void quotesAndCommentsHideThem() {
    String quoted = "select 'a;''b\\';', \"c;d\", `e;f`, r'\\'";
    String commented = "select /* ; */ 1 -- ;\n + 2";
    assertThat(sql(quoted + ";" + commented)).containsExactly(quoted, commented);
  }

  @Test
  void backslashAndLetterAskForLines() {
    assertThat(Statements.split("select 1\\G select '\\G';\n\\g"))
        .containsExactly(new Statement("select 1", true), new Statement("select '\\G'", false));
  }

  @Test
  void knowsWhetherMoreFollows() {
    assertThat(List.of("", "-- ;", "select 1;", "select 1 \\G ", "select ';' ; -- done"))
        .allMatch(Statements::isComplete);
    assertThat(List.of("select 1", "select ';'", "select 'a;", "select `a;", "select 1 /* ;"))
        .noneMatch(Statements::isComplete);
  }

  private static List<String> sql(String text) {
    return Statements.split(text).stream().map(Statement::sql).toList();
  }
}
