package io.qtrace.spark.source;

import java.util.Map;
import org.apache.spark.sql.connector.catalog.Table;
import org.apache.spark.sql.connector.catalog.TableProvider;
import org.apache.spark.sql.connector.expressions.Transform;
import org.apache.spark.sql.sources.DataSourceRegister;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.util.CaseInsensitiveStringMap;

/**
 * The Spark source {@code qtrace}: one row a tensor of the checkpoints that a path or glob names,
 * from their headers alone.
 *
 * <p><code>spark.read().format("qtrace").load("s3a://bucket/runs/*&#47;*.pt")</code>. Option {@code
 * unwrap} (default true): only the tensors of the model's state dict, under their own names, where
 * a file holds one beside an optimizer's; false: all tensors under their full names. Tensors
 * without plain elements (sparse, quantized, less than a byte an element) have no row. Other
 * options go to the Hadoop configuration.
 */
public final class QtraceSource implements TableProvider, DataSourceRegister {
  @Override
  public String shortName() {
    return "qtrace";
  }

  @Override
  public StructType inferSchema(CaseInsensitiveStringMap options) {
    return TensorColumn.schema(TensorColumn.ALL);
  }

  @Override
  public Table getTable(
      StructType schema, Transform[] partitioning, Map<String, String> properties) {
    return new TensorTable();
  }
}
