package io.qtrace.spark.source;

import io.qtrace.io.ObjectStat;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.apache.spark.sql.connector.read.InputPartition;
import org.apache.spark.sql.connector.read.PartitionReaderFactory;
import org.apache.spark.sql.connector.read.streaming.MicroBatchStream;
import org.apache.spark.sql.connector.read.streaming.Offset;
import org.apache.spark.sql.connector.read.streaming.ReadLimit;
import org.apache.spark.sql.connector.read.streaming.ReadMaxFiles;
import org.apache.spark.sql.connector.read.streaming.SupportsTriggerAvailableNow;
import org.apache.spark.sql.execution.streaming.runtime.FileStreamSource.FileEntry;
import org.apache.spark.sql.execution.streaming.runtime.FileStreamSourceLog;
import org.apache.spark.sql.execution.streaming.runtime.LongOffset;
import scala.Option;

/**
 * Checkpoints that a query has not read yet, by modification time. The query's checkpoint location
 * has a log of the files of each offset, as for Spark's own file sources; a rewritten file has
 * another modification time and is read again.
 */
final class CheckpointStream implements MicroBatchStream, SupportsTriggerAvailableNow {
  private static final long NOTHING = -1; // the offset before the first batch

  private final SourceFiles files;
  private final SourceContext context;
  private final OptionalInt maxFiles;
  private final PartitionReaderFactory readers;
  private final FileStreamSourceLog log;
  private final Set<Version> logged = new HashSet<>();
  private long latest;
  private List<ObjectStat> available; // null unless the trigger is for these only

  /**
   * @param maxFiles of a micro-batch
   * @param location of the log
   */
  CheckpointStream(
      SourceFiles files,
      SourceContext context,
      OptionalInt maxFiles,
      PartitionReaderFactory readers,
      String location) {
    this.files = files;
    this.context = context;
    this.maxFiles = maxFiles;
    this.readers = readers;
    this.log = new FileStreamSourceLog(FileStreamSourceLog.VERSION(), context.session(), location);
    for (FileEntry file : log.restore()) {
      logged.add(new Version(file.path(), file.timestamp()));
    }
    this.latest = log.getLatestBatchId().map(id -> (Long) id).getOrElse(() -> NOTHING);
  }

  /** A version of a file. */
  private record Version(String uri, long modified) {}

  @Override
  public Offset initialOffset() {
    return new LongOffset(NOTHING);
  }

  @Override
  public Offset deserializeOffset(String json) {
    return new LongOffset(Long.parseLong(json));
  }

  @Override
  public ReadLimit getDefaultReadLimit() {
    return maxFiles.isPresent()
        ? ReadLimit.maxFiles(maxFiles.getAsInt())
        : ReadLimit.allAvailable();
  }

  @Override
  public void prepareForTriggerAvailableNow() {
    available = list();
  }

  @Override
  public Offset latestOffset() {
    return latestOffset(initialOffset(), ReadLimit.allAvailable());
  }

  /** Null before there is a file. */
  @Override
  public Offset latestOffset(Offset start, ReadLimit limit) {
    List<ObjectStat> fresh =
        (available == null ? list() : available)
            .stream()
                .filter(file -> !logged.contains(version(file)))
                .sorted(
                    Comparator.comparingLong(ObjectStat::modified).thenComparing(ObjectStat::uri))
                .limit(limit instanceof ReadMaxFiles most ? most.maxFiles() : Long.MAX_VALUE)
                .toList();
    if (!fresh.isEmpty()) {
      add(fresh);
    }
    return latest == NOTHING ? null : new LongOffset(latest);
  }

  /** Removed files are left out, as are rewritten ones, which are in a later batch. */
  @Override
  public InputPartition[] planInputPartitions(Offset start, Offset end) {
    long first = ((LongOffset) start).offset() + 1;
    long last = ((LongOffset) end).offset();
    List<ObjectStat> batch = new ArrayList<>();
    try {
      for (var offset : log.get(Option.apply(first), Option.apply(last))) {
        for (FileEntry file : offset._2()) {
          unchanged(file).ifPresent(batch::add);
        }
      }
      return files.partitions(batch);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Optional<ObjectStat> unchanged(FileEntry file) throws IOException {
    try {
      ObjectStat now = context.store().stat(file.path());
      return now.modified() == file.timestamp() ? Optional.of(now) : Optional.empty();
    } catch (FileNotFoundException e) {
      return Optional.empty();
    }
  }

  @Override
  public PartitionReaderFactory createReaderFactory() {
    return readers;
  }

  @Override
  public void commit(Offset end) {}

  @Override
  public void stop() {}

  private List<ObjectStat> list() {
    try {
      return files.present();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void add(List<ObjectStat> fresh) {
    long next = latest + 1;
    FileEntry[] entries =
        fresh.stream()
            .map(file -> new FileEntry(file.uri(), file.modified(), next))
            .toArray(FileEntry[]::new);
    if (!log.add(next, entries)) {
      throw new IllegalStateException(
          "Cannot log the files of offset %d: another query has the checkpoint location"
              .formatted(next));
    }
    fresh.forEach(file -> logged.add(version(file)));
    latest = next;
  }

  private static Version version(ObjectStat file) {
    return new Version(file.uri(), file.modified());
  }
}
