package io.qtrace.spark.source;

import java.util.List;
import java.util.Map;
import org.apache.spark.sql.connector.catalog.Table;
import org.apache.spark.sql.connector.catalog.TableProvider;
import org.apache.spark.sql.connector.expressions.Transform;
import org.apache.spark.sql.sources.DataSourceRegister;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.util.CaseInsensitiveStringMap;

/**
 * The Spark source {@code qtrace}: one row for each tensor of the checkpoints that a path or glob
 * names. Most columns come from the files' indexes alone; those of the elements ({@code
 * fingerprint}, {@code md5_16}, statistics, {@code values}) are computed only if a query selects
 * them, and only for the tensors that it selects.
 *
 * <p><code>spark.read().format("qtrace").load("s3a://bucket/runs/*&#47;*.pt")</code>. Option {@code
 * unwrap} (default true): only the tensors of the model's state dict, under their own names, if a
 * file has one among those of an optimizer; false: all tensors under their full names. Option
 * {@code maxValues} (default 64): maximum number of elements of a tensor whose {@code values} are
 * read, at most 1,048,576. Tensors without plain elements (sparse, quantized, less than a byte per
 * element) are rows with a {@code skipped_reason}. Option {@code elements}: the tensor of one file
 * whose elements are the rows instead, see {@link ElementTable}. Other options go to the Hadoop
 * configuration.
 *
 * <p>{@code readStream()} gives the tensors of new files, see {@link CheckpointStream}. Spark
 * pushes nothing down to a stream: its schema names the columns that are computed. Option {@code
 * maxFilesPerTrigger}: maximum number of files in a micro-batch.
 *
 * @see QtraceCatalog
 */
public final class QtraceSource implements TableProvider, DataSourceRegister {
  @Override
  public String shortName() {
    return "qtrace";
  }

  @Override
  public StructType inferSchema(CaseInsensitiveStringMap options) {
    return options.containsKey(SourceOptions.ELEMENTS)
        ? ElementTable.SCHEMA
        : TensorColumn.schema(TensorColumn.ALL);
  }

  /** A schema names the columns that a stream computes. */
  @Override
  public boolean supportsExternalMetadata() {
    return true;
  }

  @Override
  public Table getTable(
      StructType schema, Transform[] partitioning, Map<String, String> properties) {
    String tensor = new CaseInsensitiveStringMap(properties).get(SourceOptions.ELEMENTS);
    return tensor == null
        ? new TensorTable(List.of(), TensorColumn.of(schema))
        : new ElementTable(List.of(), tensor);
  }
}
