package io.qtrace.job.faults;

import io.qtrace.job.lineage.LineageTable;
import java.io.IOException;
import org.apache.iceberg.CombinedScanTask;
import org.apache.iceberg.FileScanTask;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.Table;
import org.apache.iceberg.catalog.Catalog;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.io.CloseableIterable;
import org.apache.iceberg.spark.Spark3Util;
import org.apache.spark.sql.SparkSession;

/** All states that the tables have had. */
final class TableHistory {
  private TableHistory() {}

  /**
   * Fails unless the files of each snapshot are there, so that any state can be read and expired.
   */
  static void requireReadable(SparkSession tables) throws IOException {
    Catalog catalog = Spark3Util.loadIcebergCatalog(tables, LineageTable.CATALOG);
    for (LineageTable one : LineageTable.values()) {
      Table table =
          catalog.loadTable(TableIdentifier.parse(one.tableName().substring("lineage.".length())));
      table.refresh();
      for (Snapshot snapshot : table.snapshots()) {
        try (CloseableIterable<CombinedScanTask> tasks =
            table.newScan().useSnapshot(snapshot.snapshotId()).planTasks()) {
          for (CombinedScanTask task : tasks) {
            for (FileScanTask file : task.files()) {
              if (!table.io().newInputFile(file.file()).exists()) {
                throw new IOException("Cannot find " + file.file().location());
              }
            }
          }
        }
      }
    }
  }
}
