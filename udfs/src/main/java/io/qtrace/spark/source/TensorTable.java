package io.qtrace.spark.source;

import java.util.List;
import java.util.Set;
import org.apache.spark.sql.connector.catalog.SupportsRead;
import org.apache.spark.sql.connector.catalog.TableCapability;
import org.apache.spark.sql.connector.read.ScanBuilder;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.util.CaseInsensitiveStringMap;

/**
 * Tensors of checkpoints, to read in batches or as a stream of new files.
 *
 * @param paths to read in addition to those of the options
 * @param columnsRead of the schema, in its order
 */
record TensorTable(List<String> paths, List<TensorColumn> columnsRead) implements SupportsRead {
  TensorTable {
    paths = List.copyOf(paths);
    columnsRead = List.copyOf(columnsRead);
  }

  @Override
  public String name() {
    return paths.isEmpty() ? "qtrace" : "qtrace " + paths;
  }

  @Override
  @SuppressWarnings("deprecation") // columns() defaults to it
  public StructType schema() {
    return TensorColumn.schema(columnsRead);
  }

  @Override
  public Set<TableCapability> capabilities() {
    return Set.of(TableCapability.BATCH_READ, TableCapability.MICRO_BATCH_READ);
  }

  @Override
  public ScanBuilder newScanBuilder(CaseInsensitiveStringMap options) {
    return new TensorScanBuilder(SourceOptions.of(paths, options), columnsRead);
  }
}
