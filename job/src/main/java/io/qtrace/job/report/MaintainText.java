package io.qtrace.job.report;

import io.qtrace.io.Amount;
import io.qtrace.job.lineage.TableUpkeep;
import io.qtrace.job.text.TextTable;
import io.qtrace.job.text.TextTable.Column;
import io.qtrace.job.text.Units;
import java.util.ArrayList;
import java.util.List;

/** What maintenance of the tables did, as text. */
public final class MaintainText {
  private MaintainText() {}

  /**
   * A line per table.
   *
   * @param isPlan whether nothing was done yet
   */
  public static List<String> lines(List<TableUpkeep> tables, boolean isPlan, int width) {
    List<String> lines = new ArrayList<>();
    long freed = tables.stream().mapToLong(TableUpkeep::bytesFreed).sum();
    lines.add(
        isPlan
            ? "To do (--dry-run):"
            : "Maintained %s, freed %s"
                .formatted(Amount.of(tables.size(), "table"), Units.size(freed)));
    TextTable table =
        new TextTable(
            Column.text("table"),
            Column.number("files before"),
            Column.number("after"),
            Column.number("snapshots expired"),
            Column.number("orphans removed"),
            Column.number("freed"));
    for (TableUpkeep one : tables) {
      table.add(
          one.table(),
          one.filesBefore(),
          one.filesAfter(),
          one.snapshotsExpired(),
          one.orphansRemoved(),
          isPlan ? null : Units.size(one.bytesFreed()));
    }
    lines.addAll(table.lines(width));
    return lines;
  }
}
