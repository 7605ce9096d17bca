package io.qtrace.job.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.qtrace.job.text.TextTable.Column;
import java.util.List;
import org.junit.jupiter.api.Test;

class TestTextTable {
  @Test
  void alignsTextLeftAndNumbersRight() {
    TextTable table = new TextTable(Column.text("name"), Column.number("bytes"), Column.text("at"));
    table.add("lut", 64, "x").add("a longer name", 1234567L, null);
    assertThat(table.lines(100))
        .containsExactly(
            "name             bytes  at", "lut                 64  x", "a longer name  1234567");
  }

  @Test
  void shortensLongTextInItsMiddle() {
    TextTable table = new TextTable(Column.text("name"), Column.number("bytes"));
    table.add("model.layers.27.self_attn.q_proj._lut_raw_deltas", 123456789);
    List<String> lines = table.lines(40);
    assertThat(lines).hasSize(2).allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(40));
    assertThat(lines.get(1)).startsWith("model.layers").contains("…").endsWith("  123456789");
  }

  @Test
  void keepsLinesWithinTheWidth() {
    Column[] columns = new Column[30];
    Object[] cells = new Object[30];
    for (int c = 0; c < 30; c++) {
      columns[c] = Column.text("column" + c);
      cells[c] = "some text";
    }
    TextTable table = new TextTable(columns).add(cells);
    assertThat(table.lines(100))
        .hasSize(2)
        .allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(100));
    assertThat(table.lines(Integer.MAX_VALUE).get(1)).doesNotContain("…").hasSize(30 * 11 - 2);
  }

  @Test
  void cellsCannotBreakLines() {
    TextTable table = new TextTable(Column.text("na\nme")).add("a\n\u001b[2Jb");
    assertThat(table.lines(100)).containsExactly("na\\nme", "a\\n\\u001b[2Jb");
  }

  @Test
  void rowOfAnotherLengthIsRefused() {
    assertThatThrownBy(() -> new TextTable(Column.text("a")).add("b", "c"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Invalid row: 2 cells, expected 1");
  }
}
