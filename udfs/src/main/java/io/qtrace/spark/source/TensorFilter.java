package io.qtrace.spark.source;

import io.qtrace.io.SafeText;
import java.io.Serializable;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.spark.sql.sources.EqualNullSafe;
import org.apache.spark.sql.sources.EqualTo;
import org.apache.spark.sql.sources.Filter;
import org.apache.spark.sql.sources.In;
import org.apache.spark.sql.sources.IsNotNull;
import org.apache.spark.sql.sources.StringContains;
import org.apache.spark.sql.sources.StringEndsWith;
import org.apache.spark.sql.sources.StringStartsWith;

/**
 * A condition of a query that the source decides itself, from a file's name or index.
 *
 * @param texts any of which passes; none for {@link Test#PRESENT}
 */
record TensorFilter(TensorColumn column, Test test, Set<String> texts) implements Serializable {
  private static final Set<TensorColumn> COLUMNS =
      EnumSet.of(TensorColumn.PATH, TensorColumn.NAME, TensorColumn.CATEGORY, TensorColumn.DTYPE);

  /** How a column's text is compared. */
  enum Test {
    EQUAL,
    START,
    END,
    CONTAIN,
    PRESENT
  }

  TensorFilter {
    texts = Set.copyOf(texts);
  }

  /** The filter; empty if Spark has to decide it. */
  static Optional<TensorFilter> of(Filter filter) {
    if (filter instanceof EqualTo equal) {
      return of(equal.attribute(), Test.EQUAL, equal.value());
    }
    if (filter instanceof EqualNullSafe equal) {
      return of(equal.attribute(), Test.EQUAL, equal.value());
    }
    if (filter instanceof In in) {
      Object[] present = Arrays.stream(in.values()).filter(Objects::nonNull).toArray();
      return of(in.attribute(), Test.EQUAL, present);
    }
    if (filter instanceof StringStartsWith like) {
      return of(like.attribute(), Test.START, like.value());
    }
    if (filter instanceof StringEndsWith like) {
      return of(like.attribute(), Test.END, like.value());
    }
    if (filter instanceof StringContains like) {
      return of(like.attribute(), Test.CONTAIN, like.value());
    }
    return filter instanceof IsNotNull present
        ? of(present.attribute(), Test.PRESENT)
        : Optional.empty();
  }

  private static Optional<TensorFilter> of(String attribute, Test test, Object... values) {
    Optional<TensorColumn> column =
        COLUMNS.stream().filter(each -> each.label().equalsIgnoreCase(attribute)).findFirst();
    if (!Arrays.stream(values).allMatch(String.class::isInstance)) {
      return Optional.empty();
    }
    Set<String> texts = Arrays.stream(values).map(String.class::cast).collect(Collectors.toSet());
    return column.map(known -> new TensorFilter(known, test, texts));
  }

  /** Whether a file may have rows that pass. */
  boolean passesFile(String path) {
    return column != TensorColumn.PATH || passes(path);
  }

  /** Whether a row passes. */
  boolean passes(TensorRow row) {
    Object value = column.value(row, null);
    return value != null && passes(value.toString());
  }

  private boolean passes(String text) {
    return switch (test) {
      case EQUAL -> texts.contains(text);
      case START -> texts.stream().anyMatch(text::startsWith);
      case END -> texts.stream().anyMatch(text::endsWith);
      case CONTAIN -> texts.stream().anyMatch(text::contains);
      case PRESENT -> true;
    };
  }

  /** As EXPLAIN shows it, the query's own words escaped. */
  @Override
  public String toString() {
    List<String> quoted = texts.stream().sorted().map(SafeText::quoted).toList();
    String words = quoted.size() == 1 ? " " + quoted.get(0) : quoted.isEmpty() ? "" : " " + quoted;
    return column.label() + " " + test.name().toLowerCase(Locale.ROOT) + words;
  }
}
