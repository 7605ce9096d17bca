package io.qtrace.spark.source;

import io.qtrace.compare.ElementStream;
import io.qtrace.io.ObjectStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.connector.read.InputPartition;
import org.apache.spark.sql.connector.read.PartitionReader;
import org.apache.spark.sql.connector.read.PartitionReaderFactory;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.vectorized.ColumnarBatch;
import org.apache.spark.util.SerializableConfiguration;

/** Carries the columns and the Hadoop configuration to the executors. */
record ElementReaderFactory(SerializableConfiguration hadoop, StructType columns)
    implements PartitionReaderFactory {
  @Override
  public boolean supportColumnarReads(InputPartition partition) {
    return true;
  }

  @Override
  public PartitionReader<ColumnarBatch> createColumnarReader(InputPartition partition) {
    ElementScan.Part part = (ElementScan.Part) partition;
    try {
      ElementStream elements =
          new ElementStream(
              new ObjectStore(hadoop.value()), part.file(), part.tensor(), part.from(), part.to());
      return new ElementPartitionReader(elements, part.from(), columns);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public PartitionReader<InternalRow> createReader(InputPartition partition) {
    throw new UnsupportedOperationException("Elements are read in batches of columns only");
  }
}
