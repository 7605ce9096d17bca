package io.qtrace.spark.source;

import io.qtrace.compare.Measure;
import java.io.Serializable;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What of the rows is wanted.
 *
 * @param filters that all have to pass
 * @param limit rows of a partition after which the rest is not wanted
 * @param unwrap whether only the model's state dict counts
 * @param maxValues elements of the largest tensor whose values are given
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

  /** What the columns need of the elements; empty where files' indexes are enough. */
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

  /** Whether a row's elements have to be read: values of a large tensor are not asked for. */
  boolean reads(TensorRow row, Set<Measure> measures) {
    return row.tensor().isPresent()
        && !measures.isEmpty()
        && (!measures.equals(EnumSet.of(Measure.VALUES))
            || row.tensor().get().elements() <= maxValues);
  }
}
