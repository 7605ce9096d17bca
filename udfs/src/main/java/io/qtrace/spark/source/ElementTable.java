package io.qtrace.spark.source;

import java.util.List;
import java.util.Set;
import org.apache.spark.sql.connector.catalog.SupportsRead;
import org.apache.spark.sql.connector.catalog.TableCapability;
import org.apache.spark.sql.connector.read.ScanBuilder;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.util.CaseInsensitiveStringMap;

/**
 * Elements of one tensor, one row each: {@code index} in C order, from 0, and {@code value} as
 * float64: the real part of a complex element, a 64-bit integer rounded to the nearest.
 *
 * @param paths the checkpoint, unless the options of a query name it
 * @param tensor its name, as used in comparisons or as in the file
 */
public record ElementTable(List<String> paths, String tensor) implements SupportsRead {
  static final String INDEX = "index";
  static final String VALUE = "value";

  /** The columns. */
  public static final StructType SCHEMA =
      new StructType()
          .add(INDEX, DataTypes.LongType, false)
          .add(VALUE, DataTypes.DoubleType, false);

  public ElementTable {
    paths = List.copyOf(paths);
  }

  @Override
  public String name() {
    return "qtrace elements";
  }

  @Override
  @SuppressWarnings("deprecation") // columns() defaults to it
  public StructType schema() {
    return SCHEMA;
  }

  @Override
  public Set<TableCapability> capabilities() {
    return Set.of(TableCapability.BATCH_READ);
  }

  @Override
  public ScanBuilder newScanBuilder(CaseInsensitiveStringMap options) {
    return new ElementScanBuilder(SourceOptions.of(paths, options), tensor);
  }
}
