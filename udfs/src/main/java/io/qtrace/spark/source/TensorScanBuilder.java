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

/** Collects what a query needs: columns, conditions on names and files, a number of rows. */
final class TensorScanBuilder
    implements SupportsPushDownRequiredColumns, SupportsPushDownFilters, SupportsPushDownLimit {
  private final SourceOptions options;
  private final List<Filter> pushed = new ArrayList<>();
  private final List<TensorFilter> filters = new ArrayList<>();
  private List<TensorColumn> columns;
  private int limit = TensorQuery.ALL_ROWS;

  TensorScanBuilder(SourceOptions options, List<TensorColumn> columns) {
    this.options = options;
    this.columns = columns;
  }

  @Override
  public void pruneColumns(StructType required) {
    columns = TensorColumn.of(required);
  }

  @Override
  public Filter[] pushFilters(Filter[] offered) {
    List<Filter> rest = new ArrayList<>();
    for (Filter filter : offered) {
      Optional<TensorFilter> known = TensorFilter.of(filter);
      known.ifPresent(filters::add);
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
    limit = rows;
    return true;
  }

  @Override
  public Scan build() {
    return new TensorScan(
        options, new TensorQuery(columns, filters, limit, options.unwrap(), options.maxValues()));
  }
}
