package io.qtrace.job.lineage;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.iceberg.FileScanTask;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.StructLike;
import org.apache.iceberg.Table;
import org.apache.iceberg.catalog.Catalog;
import org.apache.iceberg.catalog.Namespace;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.data.IcebergGenerics;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.exceptions.NoSuchNamespaceException;
import org.apache.iceberg.expressions.Expression;
import org.apache.iceberg.io.CloseableIterable;
import org.apache.iceberg.spark.Spark3Util;
import org.apache.iceberg.spark.SparkSchemaUtil;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.expressions.GenericRowWithSchema;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructType;
import scala.jdk.javaapi.CollectionConverters;

/**
 * The tables as their catalog has them. What the driver needs of small tables is read here, without
 * a job: an audit that finds nothing new takes none.
 */
final class TableFiles {
  private static final Namespace NAMESPACE =
      Namespace.of(LineageTable.NAMESPACE.substring(LineageTable.CATALOG.length() + 1));

  private final Catalog catalog;

  TableFiles(SparkSession spark) {
    SparkSession.setActiveSession(spark); // whose settings a catalog is made of
    this.catalog = Spark3Util.loadIcebergCatalog(spark, LineageTable.CATALOG);
  }

  /** The tables that are there. */
  Set<LineageTable> present() {
    try {
      Set<String> names =
          catalog.listTables(NAMESPACE).stream()
              .map(TableIdentifier::name)
              .collect(Collectors.toSet());
      return Arrays.stream(LineageTable.values())
          .filter(table -> names.contains(table.simpleName()))
          .collect(Collectors.toSet());
    } catch (NoSuchNamespaceException e) {
      return Set.of();
    }
  }

  StructType schema(LineageTable table) {
    return SparkSchemaUtil.convert(load(table).schema());
  }

  /** The rows that a condition selects. */
  <R extends java.lang.Record> List<R> read(
      LineageTable table, Class<R> type, Expression condition) {
    Table loaded = load(table);
    StructType schema = SparkSchemaUtil.convert(loaded.schema());
    RowCodec<R> codec = new RowCodec<>(type);
    List<R> rows = new ArrayList<>();
    try (CloseableIterable<Record> found = IcebergGenerics.read(loaded).where(condition).build()) {
      found.forEach(record -> rows.add(codec.record(row(record, schema))));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return rows;
  }

  // As Spark reads it.
  private static Row row(StructLike record, StructType schema) {
    Object[] values = new Object[schema.length()];
    for (int i = 0; i < values.length; i++) {
      values[i] = value(record.get(i, Object.class), schema.apply(i).dataType());
    }
    return new GenericRowWithSchema(values, schema);
  }

  private static Object value(Object value, DataType type) {
    if (value instanceof OffsetDateTime time) {
      return time.toInstant();
    }
    if (value instanceof List<?> list) {
      DataType element = ((ArrayType) type).elementType();
      return CollectionConverters.asScala(list.stream().map(one -> value(one, element)).toList())
          .toSeq();
    }
    return value instanceof StructLike inner ? row(inner, (StructType) type) : value;
  }

  /** The audits that have rows in a table. */
  Set<String> auditIds(LineageTable table) {
    Set<String> ids = new HashSet<>();
    try (CloseableIterable<FileScanTask> files = load(table).newScan().planFiles()) {
      files.forEach(file -> ids.add(file.partition().get(0, String.class)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return ids;
  }

  /** The audits that wrote to a table since a time. */
  Set<String> writtenSince(LineageTable table, Instant since) {
    Set<String> ids = new HashSet<>();
    for (Snapshot snapshot : load(table).snapshots()) {
      String id = snapshot.summary().get(LineageStore.AUDIT_PROPERTY);
      if (id != null && snapshot.timestampMillis() > since.toEpochMilli()) {
        ids.add(id);
      }
    }
    return ids;
  }

  private Table load(LineageTable table) {
    Table loaded = catalog.loadTable(TableIdentifier.of(NAMESPACE, table.simpleName()));
    loaded.refresh();
    return loaded;
  }
}
