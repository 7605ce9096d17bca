package io.qtrace.spark.source;

import java.util.Set;
import org.apache.spark.sql.connector.catalog.SupportsRead;
import org.apache.spark.sql.connector.catalog.TableCapability;
import org.apache.spark.sql.connector.read.ScanBuilder;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.util.CaseInsensitiveStringMap;

/** Tensors of checkpoints, to read in batches. */
final class TensorTable implements SupportsRead {
  @Override
  public String name() {
    return "qtrace";
  }

  @Override
  @SuppressWarnings("deprecation") // columns() defaults to it
  public StructType schema() {
    return TensorColumn.schema(TensorColumn.ALL);
  }

  @Override
  public Set<TableCapability> capabilities() {
    return Set.of(TableCapability.BATCH_READ);
  }

  @Override
  public ScanBuilder newScanBuilder(CaseInsensitiveStringMap options) {
    return new TensorScanBuilder(SourceOptions.of(options));
  }
}
