package io.qtrace.spark.source;

import io.qtrace.compare.ElementStream;
import java.io.IOException;
import org.apache.spark.sql.connector.metric.CustomTaskMetric;
import org.apache.spark.sql.connector.read.PartitionReader;
import org.apache.spark.sql.execution.vectorized.OnHeapColumnVector;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.vectorized.ColumnarBatch;

/** Elements of a range, some thousands at a time. */
final class ElementPartitionReader implements PartitionReader<ColumnarBatch> {
  private final ElementStream elements;
  private final OnHeapColumnVector[] columns;
  private final String[] names;
  private final ColumnarBatch batch;
  private final double[] numbers = new double[ElementStream.READ_ELEMENTS];
  private long index; // of the first element that was not read

  ElementPartitionReader(ElementStream elements, long from, StructType schema) {
    this.elements = elements;
    this.index = from;
    this.names = schema.fieldNames();
    this.columns = OnHeapColumnVector.allocateColumns(numbers.length, schema);
    this.batch = new ColumnarBatch(columns);
  }

  @Override
  public boolean next() throws IOException {
    int count = elements.read(numbers);
    for (int c = 0; c < columns.length; c++) {
      columns[c].reset();
      if (names[c].equals(ElementTable.VALUE)) {
        columns[c].putDoubles(0, count, numbers, 0);
      } else {
        for (int i = 0; i < count; i++) {
          columns[c].putLong(i, index + i);
        }
      }
    }
    index += count;
    batch.setNumRows(count);
    return count > 0;
  }

  @Override
  public ColumnarBatch get() {
    return batch;
  }

  @Override
  public CustomTaskMetric[] currentMetricsValues() {
    return new CustomTaskMetric[] {new BytesRead.OfTask(elements.bytesRead())};
  }

  @Override
  public void close() throws IOException {
    batch.close();
    elements.close();
  }
}
