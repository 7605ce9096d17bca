package io.qtrace.spark.source;

import io.qtrace.io.ObjectStore;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.connector.read.InputPartition;
import org.apache.spark.sql.connector.read.PartitionReader;
import org.apache.spark.sql.connector.read.PartitionReaderFactory;
import org.apache.spark.util.SerializableConfiguration;

/** Carries the query and the Hadoop configuration to the executors. */
record TensorReaderFactory(SerializableConfiguration hadoop, TensorQuery query)
    implements PartitionReaderFactory {
  @Override
  public PartitionReader<InternalRow> createReader(InputPartition partition) {
    return new TensorPartitionReader(
        new ObjectStore(hadoop.value()), query, ((FileSlice.Group) partition).slices());
  }
}
