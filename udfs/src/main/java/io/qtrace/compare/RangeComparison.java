package io.qtrace.compare;

import io.qtrace.arrow.BlockPool;
import io.qtrace.arrow.ReadOptions;
import io.qtrace.io.CloseStack;
import io.qtrace.io.ObjectStat;
import io.qtrace.io.ObjectStore;
import io.qtrace.io.OpenFiles;
import java.io.Closeable;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Runs {@link RangeTask}s one after the other. Every member's bytes are read once, in the order of
 * the task's members, and pass through all measures and comparisons while they are in cache; a
 * member stays in memory until the last pair or check that needs it. Memory and a few files are
 * kept for the tasks that follow. Not thread safe.
 */
public final class RangeComparison implements Closeable {
  private final long memoryBytes;
  private final ReadOptions read;
  private final FailureReason reasons;
  private final BlockPool pool;
  private final OpenFiles files;

  /**
   * @param memoryBytes most off-heap memory that is held until this closes
   */
  public RangeComparison(ObjectStore store, long memoryBytes, ReadOptions read) {
    this(store, memoryBytes, read, Map.of(), FailureReason.NONE);
  }

  /**
   * @param memoryBytes most off-heap memory that is held until this closes
   * @param known identities of files by their URIs as the tensors have them, which spare an object
   *     store a request for each open; may lack some
   * @param reasons which failures to read a file void that file instead of ending the task
   */
  public RangeComparison(
      ObjectStore store,
      long memoryBytes,
      ReadOptions read,
      Map<String, ObjectStat> known,
      FailureReason reasons) {
    this.memoryBytes = memoryBytes;
    this.read = read;
    this.reasons = reasons;
    this.pool = new BlockPool(memoryBytes);
    this.files = new OpenFiles(store, known);
  }

  /**
   * Runs one task, which reads no byte but those of its tensors. A file that is not what it claims
   * to be, or that has a {@link FailureReason}, is among the result's failures.
   *
   * @throws IOException if a file cannot be read for another reason; other tasks may be run
   * @throws IllegalArgumentException if the memory limit has no room for the least blocks
   */
  public RangeResult run(RangeTask task) throws IOException {
    return run(RangeSchedule.of(task), memoryBytes, files::open, read);
  }

  /**
   * Runs tasks. Those whose members all together are small are read ahead, as many at a time as fit
   * into memory: each file is opened once for all of them and neighbouring tensors are read
   * together, with what lies between them.
   *
   * @return in the order of the tasks
   * @throws IOException as {@link #run(RangeTask)}
   * @throws IllegalArgumentException as {@link #run(RangeTask)}
   */
  public List<RangeResult> run(List<RangeTask> tasks) throws IOException {
    RangeResult[] results = new RangeResult[tasks.size()];
    SmallBatch batch = SmallBatch.within(memoryBytes);
    for (int i = 0; i < results.length; i++) {
      RangeSchedule schedule = RangeSchedule.of(tasks.get(i));
      Optional<SmallBatch.Entry> small = small(i, schedule, batch);
      if (small.isEmpty()) {
        results[i] = run(schedule, memoryBytes, files::open, read);
        continue;
      }
      if (!batch.hasRoom(small.get())) {
        run(batch, results);
        batch = SmallBatch.within(memoryBytes);
      }
      batch.add(small.get());
    }
    run(batch, results);
    return List.of(results);
  }

  /** Bytes that all calls together asked their files for. */
  public long bytesRead() {
    return files.bytesRead();
  }

  /** Most bytes of memory that were held at one time. */
  long peakBytes() {
    return pool.peakBytes();
  }

  /**
   * Closes the files and frees the memory.
   *
   * @throws IllegalStateException if a block was not given back
   */
  @Override
  public void close() throws IOException {
    try (CloseStack owned = new CloseStack()) {
      owned.add(pool);
      owned.add(files);
    }
  }

  private Optional<SmallBatch.Entry> small(int place, RangeSchedule schedule, SmallBatch batch) {
    long available = memoryBytes - batch.capacity();
    if (!batch.mayTake(schedule) || RangePlan.leastBytes(schedule, available) > available) {
      return Optional.empty();
    }
    return Optional.of(SmallBatch.Entry.of(place, schedule)).filter(batch::mayTake);
  }

  private void run(SmallBatch batch, RangeResult[] results) throws IOException {
    if (batch.entries().isEmpty()) {
      return;
    }
    ReadOptions inMemory = new ReadOptions(read.rangeBytes(), 1);
    try (ReadAhead ahead =
        new ReadAhead(batch.spans(), batch.capacity(), pool, files, reasons, read)) {
      for (SmallBatch.Entry entry : batch.entries()) {
        results[entry.place()] =
            run(entry.schedule(), memoryBytes - batch.capacity(), ahead, inMemory);
      }
    }
  }

  private RangeResult run(
      RangeSchedule schedule, long available, Sources sources, ReadOptions options)
      throws IOException {
    RangePlan plan = RangePlan.of(schedule, available, options);
    return new RangeRun(schedule, plan, pool, sources, reasons, options).run();
  }
}
