package io.qtrace.job.lineage;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.TemporalAccessor;
import java.util.List;
import java.util.Optional;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.SnapshotRef;
import org.apache.iceberg.Table;
import org.apache.iceberg.util.SnapshotUtil;

/** Which state of the tables to read: the current one, that at a time, or that of a tag. */
final class TableState {
  static final TableState CURRENT = new TableState("", Optional.empty(), Optional.empty());

  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd[['T'][' ']HH:mm[:ss[.SSS]][XXX]]");

  private final String text;
  private final Optional<Instant> time;
  private final Optional<String> tag;

  private TableState(String text, Optional<Instant> time, Optional<String> tag) {
    this.text = text;
    this.time = time;
    this.tag = tag;
  }

  static TableState at(Instant time) {
    return new TableState(time.toString(), Optional.of(time), Optional.empty());
  }

  /**
   * The state that a text names: a tag of any table, the identifier of a snapshot of any of them,
   * which stands for the time of its commit, or a time.
   */
  static TableState of(String text, List<Table> tables) {
    if (tables.stream().anyMatch(table -> table.refs().containsKey(text))) {
      return new TableState(text, Optional.empty(), Optional.of(text));
    }
    return snapshot(text, tables)
        .or(() -> time(text))
        .map(time -> new TableState(text, Optional.of(time), Optional.empty()))
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "Invalid state of the tables: '%s', expected a time such as 2026-11-20T08:00:00Z, a snapshot of a table, or a tag"
                        .formatted(text)));
  }

  private static Optional<Instant> snapshot(String text, List<Table> tables) {
    if (!text.matches("\\d{1,19}")) {
      return Optional.empty();
    }
    for (Table table : tables) {
      for (Snapshot snapshot : table.snapshots()) {
        if (text.equals(Long.toString(snapshot.snapshotId()))) {
          return Optional.of(Instant.ofEpochMilli(snapshot.timestampMillis()));
        }
      }
    }
    return Optional.empty();
  }

  // The beginning of a date; UTC if no offset is given.
  private static Optional<Instant> time(String text) {
    try {
      TemporalAccessor time =
          TIME.parseBest(text, OffsetDateTime::from, LocalDateTime::from, LocalDate::from);
      if (time instanceof OffsetDateTime exact) {
        return Optional.of(exact.toInstant());
      }
      LocalDateTime local =
          time instanceof LocalDateTime whole ? whole : LocalDate.from(time).atStartOfDay();
      return Optional.of(local.toInstant(ZoneOffset.UTC));
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }

  boolean isCurrent() {
    return time.isEmpty() && tag.isEmpty();
  }

  /** The snapshot of a table in this state; empty if it had no rows yet. */
  Optional<Long> snapshot(Table table) {
    if (tag.isPresent()) {
      return Optional.ofNullable(table.refs().get(tag.get())).map(SnapshotRef::snapshotId);
    }
    return time.isPresent()
        ? Optional.ofNullable(
            SnapshotUtil.nullableSnapshotIdAsOfTime(table, time.get().toEpochMilli()))
        : Optional.ofNullable(table.currentSnapshot()).map(Snapshot::snapshotId);
  }

  /**
   * Refuses a state that does not exist.
   *
   * @throws IllegalArgumentException naming the oldest state that exists
   */
  void require(Table table) {
    if (snapshot(table).isEmpty()) {
      Optional<Snapshot> oldest =
          Optional.ofNullable(table.currentSnapshot())
              .map(now -> SnapshotUtil.oldestAncestor(table));
      throw new IllegalArgumentException(
          "Cannot read the tables as of %s: %s"
              .formatted(
                  text,
                  oldest
                      .map(
                          first ->
                              "the oldest state is from "
                                  + Instant.ofEpochMilli(first.timestampMillis()))
                      .orElse("no audit has been finished")));
    }
  }
}
