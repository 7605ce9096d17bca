package io.qtrace.spark.source;

import io.qtrace.format.Checkpoints;
import io.qtrace.io.ObjectStore;
import io.qtrace.spark.source.TensorScan.CheckpointFile;
import java.util.List;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.connector.read.InputPartition;
import org.apache.spark.sql.connector.read.PartitionReader;
import org.apache.spark.sql.connector.read.PartitionReaderFactory;
import org.apache.spark.util.SerializableConfiguration;

/** Carries the Hadoop configuration to the executors. */
record TensorReaderFactory(
    SerializableConfiguration hadoop, List<TensorColumn> columns, boolean unwrap)
    implements PartitionReaderFactory {
  @Override
  public PartitionReader<InternalRow> createReader(InputPartition partition) {
    Checkpoints checkpoints = new Checkpoints(new ObjectStore(hadoop.value()));
    return new TensorPartitionReader(
        checkpoints, ((CheckpointFile) partition).uri(), columns, unwrap);
  }
}
