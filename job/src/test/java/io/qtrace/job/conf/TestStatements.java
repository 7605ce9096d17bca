package io.qtrace.job.conf;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TestStatements {
  @Test
  void semicolonsSeparateStatements() {
    assertThat(Statements.split("select 1;\n select 😀 ;; ; select 3"))
        .containsExactly("select 1", "select 😀", "select 3");
    assertThat(Statements.split(" ;-- only a comment;\n")).isEmpty();
  }

  @Test
  void quotesAndCommentsHideThem() {
    String quoted = "select 'a;''b\\';', \"c;d\", `e;f`, r'\\'";
    String commented = "select /* ; */ 1 -- ;\n + 2";
    assertThat(Statements.split(quoted + ";" + commented)).containsExactly(quoted, commented);
  }
}
