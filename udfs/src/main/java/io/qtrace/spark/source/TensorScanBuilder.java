package io.qtrace.spark.source;

import java.util.List;
import org.apache.spark.sql.connector.read.Scan;
import org.apache.spark.sql.connector.read.SupportsPushDownRequiredColumns;
import org.apache.spark.sql.types.StructType;

/** Keeps the columns that a query needs. */
final class TensorScanBuilder implements SupportsPushDownRequiredColumns {
  private final SourceOptions options;
  private List<TensorColumn> columns = TensorColumn.ALL;

  TensorScanBuilder(SourceOptions options) {
    this.options = options;
  }

  @Override
  public void pruneColumns(StructType required) {
    columns = TensorColumn.of(required);
  }

  @Override
  public Scan build() {
    return new TensorScan(options, columns);
  }
}
