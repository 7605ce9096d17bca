package io.qtrace.spark.source;

import java.util.Optional;
import java.util.function.LongFunction;
import org.apache.spark.sql.sources.EqualNullSafe;
import org.apache.spark.sql.sources.EqualTo;
import org.apache.spark.sql.sources.Filter;
import org.apache.spark.sql.sources.GreaterThan;
import org.apache.spark.sql.sources.GreaterThanOrEqual;
import org.apache.spark.sql.sources.IsNotNull;
import org.apache.spark.sql.sources.LessThan;
import org.apache.spark.sql.sources.LessThanOrEqual;

/**
 * Elements that a query needs: from {@code from}, inclusive, to {@code to}, exclusive.
 *
 * @param from 0, if less is given
 * @param to {@code from}, if less is given
 */
record IndexRange(long from, long to) {
  static final IndexRange ALL = new IndexRange(0, Long.MAX_VALUE);

  IndexRange {
    from = Math.max(from, 0);
    to = Math.max(to, from);
  }

  /** The elements that pass a filter; empty if Spark has to evaluate it. */
  static Optional<IndexRange> of(Filter filter) {
    if (filter instanceof IsNotNull) { // no element is null
      return Optional.of(ALL);
    }
    if (filter instanceof EqualTo equal) {
      return of(equal.attribute(), equal.value(), at -> new IndexRange(at, after(at)));
    }
    if (filter instanceof EqualNullSafe equal) {
      return of(equal.attribute(), equal.value(), at -> new IndexRange(at, after(at)));
    }
    if (filter instanceof GreaterThanOrEqual least) {
      return of(least.attribute(), least.value(), at -> new IndexRange(at, ALL.to));
    }
    if (filter instanceof GreaterThan below) {
      return of(below.attribute(), below.value(), at -> new IndexRange(after(at), ALL.to));
    }
    if (filter instanceof LessThan end) {
      return of(end.attribute(), end.value(), at -> new IndexRange(0, at));
    }
    return filter instanceof LessThanOrEqual greatest
        ? of(greatest.attribute(), greatest.value(), at -> new IndexRange(0, after(at)))
        : Optional.empty();
  }

  private static Optional<IndexRange> of(
      String attribute, Object value, LongFunction<IndexRange> range) {
    return attribute.equals(ElementTable.INDEX) && value instanceof Long index
        ? Optional.of(range.apply(index))
        : Optional.empty();
  }

  /** The intersection of both. */
  IndexRange and(IndexRange other) {
    return new IndexRange(Math.max(from, other.from), Math.min(to, other.to));
  }

  /** The first elements. */
  IndexRange first(long count) {
    return to - from > count ? new IndexRange(from, from + count) : this;
  }

  // No tensor has Long.MAX_VALUE elements.
  private static long after(long index) {
    return index == Long.MAX_VALUE ? index : index + 1;
  }

  @Override
  public String toString() {
    return equals(ALL) ? "all" : "from %d%s".formatted(from, to == ALL.to ? "" : " before " + to);
  }
}
