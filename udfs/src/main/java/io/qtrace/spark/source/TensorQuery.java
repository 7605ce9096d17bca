package io.qtrace.spark.source;

import io.qtrace.compare.Measure;
import java.io.Serializable;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The part of the rows that a query needs.
 *
 * @param filters that all have to pass
 * @param limit maximum number of rows of a partition
 * @param unwrap whether to read only the model's state dict
 * @param maxValues maximum number of elements of a tensor whose values are read
 */
record TensorQuery(
    List<TensorColumn> columns,
    List<TensorFilter> filters,
    int limit,
    boolean unwrap,
    int maxValues)
    implements Serializable {
  /** No limit. */
  static final int ALL_ROWS = Integer.MAX_VALUE;

  TensorQuery {
    columns = List.copyOf(columns);
    filters = List.copyOf(filters);
  }

  /** The measures of the elements that the columns need; empty if files' indexes are enough. */
  Set<Measure> measures() {
    Set<Measure> measures = EnumSet.noneOf(Measure.class);
    columns.stream().map(TensorColumn::measure).flatMap(Optional::stream).forEach(measures::add);
    return measures;
  }

  boolean passesFile(String path) {
    return filters.stream().allMatch(filter -> filter.passesFile(path));
  }

  boolean passes(TensorRow row) {
    return filters.stream().allMatch(filter -> filter.passes(row));
  }

  /** Whether a row's elements have to be read: values of large tensors are not needed. */
  boolean reads(TensorRow row, Set<Measure> measures) {
    return row.tensor().isPresent()
        && !measures.isEmpty()
        && (!measures.equals(EnumSet.of(Measure.VALUES))
            || row.tensor().get().elements() <= maxValues);
  }
}
