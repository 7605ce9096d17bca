package io.qtrace.job.lineage;

import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.sql.Timestamp;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.function.Consumer;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.FileScanTask;
import org.apache.iceberg.PartitionKey;
import org.apache.iceberg.Schema;
import org.apache.iceberg.SerializableTable;
import org.apache.iceberg.StructLike;
import org.apache.iceberg.Table;
import org.apache.iceberg.TableProperties;
import org.apache.iceberg.data.GenericDeleteFilter;
import org.apache.iceberg.data.GenericFileWriterFactory;
import org.apache.iceberg.data.GenericRecord;
import org.apache.iceberg.data.InternalRecordWrapper;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.expressions.Evaluator;
import org.apache.iceberg.expressions.Expression;
import org.apache.iceberg.formats.FormatModelRegistry;
import org.apache.iceberg.io.CloseableIterable;
import org.apache.iceberg.io.FanoutDataWriter;
import org.apache.iceberg.io.OutputFileFactory;
import org.apache.iceberg.spark.SparkSchemaUtil;
import org.apache.iceberg.types.Type;
import org.apache.iceberg.types.Types;
import org.apache.iceberg.util.PropertyUtil;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.catalyst.expressions.GenericRowWithSchema;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructType;
import scala.jdk.javaapi.CollectionConverters;

/** Reads and writes the files of one table, on the driver or where a task runs. */
record TableRows(Table table) implements Serializable {
  static TableRows of(Table table) {
    return new TableRows(SerializableTable.copyOf(table));
  }

  /** Passes on the rows of some files that a condition selects. */
  void read(Iterable<FileScanTask> files, Expression condition, Consumer<Row> rows) {
    Schema schema = table.schema();
    StructType columns = SparkSchemaUtil.convert(schema);
    Evaluator selects = new Evaluator(schema.asStruct(), condition);
    InternalRecordWrapper wrapper = new InternalRecordWrapper(schema.asStruct());
    for (FileScanTask file : files) {
      try (CloseableIterable<Record> records = open(file, schema)) {
        for (Record record : records) {
          if (selects.eval(wrapper.wrap(record))) {
            rows.accept(row(record, columns));
          }
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private CloseableIterable<Record> open(FileScanTask file, Schema schema) {
    GenericDeleteFilter deletes = new GenericDeleteFilter(table.io(), file, schema, schema);
    return deletes.filter(
        FormatModelRegistry.<Record, Schema>readBuilder(
                file.file().format(), Record.class, table.io().newInputFile(file.file().location()))
            .project(deletes.requiredSchema())
            .split(file.start(), file.length())
            .filter(file.residual())
            .build());
  }

  // In the form in which Spark reads it.
  private static Row row(StructLike record, StructType columns) {
    Object[] values = new Object[columns.length()];
    for (int i = 0; i < values.length; i++) {
      values[i] = column(record.get(i, Object.class), columns.apply(i).dataType());
    }
    return new GenericRowWithSchema(values, columns);
  }

  private static Object column(Object value, DataType type) {
    if (value instanceof OffsetDateTime time) {
      return Timestamp.from(time.toInstant());
    }
    if (value instanceof List<?> list) {
      DataType element = ((ArrayType) type).elementType();
      return CollectionConverters.asScala(list.stream().map(one -> column(one, element)).toList())
          .toSeq();
    }
    return value instanceof StructLike inner ? row(inner, (StructType) type) : value;
  }

  /**
   * Writes rows into new files, which are part of the table once they are committed.
   *
   * @param columns of the rows, all of them in the table
   * @param part number of the partition
   * @param attempt number of the attempt
   */
  List<DataFile> write(Iterator<Row> rows, StructType columns, int part, long attempt) {
    if (!rows.hasNext()) {
      return List.of();
    }
    Layout layout = Layout.of(table.schema().asStruct(), columns);
    PartitionKey partition = new PartitionKey(table.spec(), table.schema());
    InternalRecordWrapper wrapper = new InternalRecordWrapper(table.schema().asStruct());
    FanoutDataWriter<Record> writer =
        new FanoutDataWriter<>(
            new GenericFileWriterFactory.Builder(table).build(),
            OutputFileFactory.builderFor(table, part, attempt).build(),
            table.io(),
            PropertyUtil.propertyAsLong(
                table.properties(),
                TableProperties.WRITE_TARGET_FILE_SIZE_BYTES,
                TableProperties.WRITE_TARGET_FILE_SIZE_BYTES_DEFAULT));
    try (writer) {
      while (rows.hasNext()) {
        Record record = layout.record(rows.next());
        partition.partition(wrapper.wrap(record));
        writer.write(record, table.spec(), partition);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return writer.result().dataFiles();
  }

  /**
   * Where the columns of a struct are in a row: by name, a table may have them in another order.
   *
   * @param places in the row; -1 of columns that it lacks
   * @param inner layouts of structs and of lists of structs; null of others
   */
  private record Layout(Types.StructType struct, int[] places, Layout[] inner) {
    static Layout of(Types.StructType struct, StructType columns) {
      List<Types.NestedField> fields = struct.fields();
      int[] places = new int[fields.size()];
      Layout[] inner = new Layout[fields.size()];
      List<String> names = Arrays.asList(columns.fieldNames());
      for (int i = 0; i < places.length; i++) {
        places[i] = names.indexOf(fields.get(i).name());
        if (places[i] >= 0) {
          inner[i] = inner(fields.get(i).type(), columns.apply(places[i]).dataType());
        }
      }
      return new Layout(struct, places, inner);
    }

    private static Layout inner(Type type, DataType column) {
      if (type.isListType()) {
        return inner(type.asListType().elementType(), ((ArrayType) column).elementType());
      }
      return type.isStructType() ? of(type.asStructType(), (StructType) column) : null;
    }

    Record record(Row row) {
      GenericRecord record = GenericRecord.create(struct);
      for (int i = 0; i < places.length; i++) {
        record.set(i, places[i] < 0 ? null : value(row.get(places[i]), inner[i]));
      }
      return record;
    }

    private static Object value(Object value, Layout layout) {
      if (value instanceof Object[] elements) {
        List<Object> list = new ArrayList<>(elements.length);
        for (Object element : elements) {
          list.add(value(element, layout));
        }
        return list;
      }
      if (value instanceof Timestamp time) {
        return OffsetDateTime.ofInstant(time.toInstant(), ZoneOffset.UTC);
      }
      return value instanceof Row row ? layout.record(row) : value;
    }
  }
}
