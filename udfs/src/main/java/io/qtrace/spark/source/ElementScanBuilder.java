package io.qtrace.spark.source;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.connector.read.Scan;
import org.apache.spark.sql.connector.read.SupportsPushDownFilters;
import org.apache.spark.sql.connector.read.SupportsPushDownLimit;
import org.apache.spark.sql.connector.read.SupportsPushDownRequiredColumns;
import org.apache.spark.sql.sources.Filter;
import org.apache.spark.sql.types.StructType;

/** Collects what a query needs of a tensor: columns, a range of the index, a number of elements. */
final class ElementScanBuilder
    implements SupportsPushDownRequiredColumns, SupportsPushDownFilters, SupportsPushDownLimit {
  private final SourceOptions options;
  private final String tensor;
  private final List<Filter> pushed = new ArrayList<>();
  private StructType columns = ElementTable.SCHEMA;
  private IndexRange range = IndexRange.ALL;

  ElementScanBuilder(SourceOptions options, String tensor) {
    this.options = options;
    this.tensor = tensor;
  }

  @Override
  public void pruneColumns(StructType required) {
    columns = required;
  }

  @Override
  public Filter[] pushFilters(Filter[] offered) {
    List<Filter> rest = new ArrayList<>();
    for (Filter filter : offered) {
      Optional<IndexRange> known = IndexRange.of(filter);
      range = known.map(range::and).orElse(range);
      (known.isPresent() ? pushed : rest).add(filter);
    }
    return rest.toArray(Filter[]::new);
  }

  @Override
  public Filter[] pushedFilters() {
    return pushed.toArray(Filter[]::new);
  }

  @Override
  public boolean pushLimit(int rows) {
    range = range.first(rows);
    return true;
  }

  @Override
  public Scan build() {
    return new ElementScan(options, tensor, range, columns);
  }
}
