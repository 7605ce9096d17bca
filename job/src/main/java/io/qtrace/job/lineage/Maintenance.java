package io.qtrace.job.lineage;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocatedFileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RemoteIterator;
import org.apache.iceberg.ContentFile;
import org.apache.iceberg.FileScanTask;
import org.apache.iceberg.ManifestFile;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.SnapshotRef;
import org.apache.iceberg.Table;
import org.apache.iceberg.TableProperties;
import org.apache.iceberg.actions.DeleteOrphanFiles;
import org.apache.iceberg.actions.SizeBasedFileRewritePlanner;
import org.apache.iceberg.exceptions.NotFoundException;
import org.apache.iceberg.io.CloseableIterable;
import org.apache.iceberg.io.FileIO;
import org.apache.iceberg.spark.actions.SparkActions;
import org.apache.iceberg.util.PropertyUtil;
import org.apache.spark.sql.SparkSession;

/**
 * Maintains one table: merges small files and removes unneeded ones, without changing a row.
 * Concurrent commits are safe: Iceberg refuses to rewrite files that no longer exist, and files
 * that belong to no state yet are left alone until they are old.
 */
final class Maintenance {
  private static final String LEAST_FILES = "2"; // files of one audit that are merged

  private final SparkSession spark;
  private final Table table;
  private final Instant keepSnapshots;
  private final Instant keepOrphans;

  /**
   * Maintenance of a table.
   *
   * @param keepSnapshots states from before expire, unless a tag keeps them
   * @param keepOrphans files that belong to no state are removed if they are older
   */
  Maintenance(SparkSession spark, Table table, Instant keepSnapshots, Instant keepOrphans) {
    this.spark = spark;
    this.table = table;
    this.keepSnapshots = keepSnapshots;
    this.keepOrphans = keepOrphans;
  }

  /**
   * What would be done, without doing it; how many bytes that would free is not known in advance.
   */
  TableUpkeep plan() {
    Map<Object, Integer> files = dataFiles();
    long merged = files.values().stream().filter(count -> count > 1).mapToLong(n -> n - 1).sum();
    long before = files.values().stream().mapToLong(n -> n).sum();
    return new TableUpkeep(
        table.name(),
        before,
        before - merged,
        expired(),
        orphans(new Removed(table.io(), false)),
        0L);
  }

  /** Does the maintenance. */
  TableUpkeep run() {
    long before = fileCount();
    Removed removed = new Removed(table.io(), true);
    if (dataFiles().values().stream().anyMatch(count -> count > 1)) {
      SparkActions.get(spark)
          .rewriteDataFiles(table)
          .option(SizeBasedFileRewritePlanner.MIN_INPUT_FILES, LEAST_FILES)
          .execute();
      table.refresh();
    }
    rewriteManifests();
    long snapshots = expire(removed);
    long orphans = orphans(removed);
    return new TableUpkeep(table.name(), before, fileCount(), snapshots, orphans, removed.bytes());
  }

  // Unless there are as few as possible.
  private void rewriteManifests() {
    if (table.currentSnapshot() == null) {
      return;
    }
    List<ManifestFile> manifests = table.currentSnapshot().dataManifests(table.io());
    long bytes = manifests.stream().mapToLong(ManifestFile::length).sum();
    long target =
        PropertyUtil.propertyAsLong(
            table.properties(),
            TableProperties.MANIFEST_TARGET_SIZE_BYTES,
            TableProperties.MANIFEST_TARGET_SIZE_BYTES_DEFAULT);
    if (manifests.size() > 1 + bytes / target) {
      table.rewriteManifests().clusterBy(file -> table.name()).commit();
      table.refresh();
    }
  }

  private long expire(Removed removed) {
    long before = snapshotCount();
    if (expired() > 0) {
      table
          .expireSnapshots()
          .expireOlderThan(keepSnapshots.toEpochMilli())
          .retainLast(1)
          .deleteWith(removed)
          .commit();
      table.refresh();
    }
    return before - snapshotCount();
  }

  private long snapshotCount() {
    return StreamSupport.stream(table.snapshots().spliterator(), false).count();
  }

  private long orphans(Removed removed) {
    if (!hasOldFile()) {
      return 0;
    }
    DeleteOrphanFiles.Result found =
        SparkActions.get(spark)
            .deleteOrphanFiles(table)
            .olderThan(keepOrphans.toEpochMilli())
            .deleteWith(removed)
            .execute();
    return found.orphanFilesCount();
  }

  // Without such files there are no orphans, and the search for them takes Spark jobs.
  private boolean hasOldFile() {
    try {
      Path folder = new Path(table.location());
      FileSystem store = folder.getFileSystem(spark.sparkContext().hadoopConfiguration());
      for (RemoteIterator<LocatedFileStatus> files = store.listFiles(folder, true);
          files.hasNext(); ) {
        if (files.next().getModificationTime() < keepOrphans.toEpochMilli()) {
          return true;
        }
      }
      return false;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  // Snapshots that neither a tag nor the current state needs.
  private long expired() {
    Set<Long> kept =
        table.refs().values().stream().map(SnapshotRef::snapshotId).collect(Collectors.toSet());
    long expired = 0;
    for (Snapshot snapshot : table.snapshots()) {
      if (!kept.contains(snapshot.snapshotId())
          && snapshot.timestampMillis() < keepSnapshots.toEpochMilli()) {
        expired++;
      }
    }
    return expired;
  }

  private long fileCount() {
    return dataFiles().values().stream().mapToLong(n -> n).sum();
  }

  // How many files each partition has.
  private Map<Object, Integer> dataFiles() {
    Map<Object, Integer> files = new HashMap<>();
    try (CloseableIterable<FileScanTask> tasks = table.newScan().planFiles()) {
      tasks.forEach(
          task ->
              files.merge(List.of(task.spec().specId(), partition(task.file())), 1, Integer::sum));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return files;
  }

  private static String partition(ContentFile<?> file) {
    return String.valueOf(file.partition());
  }

  /** Removes files and counts their bytes. */
  private static final class Removed implements Consumer<String> {
    private final FileIO files;
    private final boolean isDone;
    private long bytes;

    Removed(FileIO files, boolean isDone) {
      this.files = files;
      this.isDone = isDone;
    }

    @Override
    public synchronized void accept(String location) {
      if (!isDone) {
        return;
      }
      try {
        bytes += files.newInputFile(location).getLength();
        files.deleteFile(location);
      } catch (NotFoundException e) {
        // Removed by another process.
      }
    }

    synchronized long bytes() {
      return bytes;
    }
  }
}
