package io.qtrace.compare;

import io.qtrace.arrow.TensorBlocks;
import io.qtrace.io.FileSpan;
import io.qtrace.tensor.TensorEntry;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Small tasks that are read ahead together. */
final class SmallBatch {
  private static final long MAX_BYTES = 1L << 29;

  private final int capacity;
  private final List<Entry> entries = new ArrayList<>();
  private final Map<String, List<FileSpan>> spans = new LinkedHashMap<>();
  private long bytes;

  private SmallBatch(int capacity) {
    this.capacity = capacity;
  }

  /**
   * An empty batch.
   *
   * @param memoryBytes for all that is read ahead and the tasks' own blocks
   */
  static SmallBatch within(long memoryBytes) {
    return new SmallBatch((int) Math.min(Long.highestOneBit(memoryBytes / 2), MAX_BYTES));
  }

  /**
   * A task of a batch.
   *
   * @param place among the caller's tasks
   * @param spans that it needs, by file
   */
  record Entry(int place, RangeSchedule schedule, Map<String, List<FileSpan>> spans) {
    static Entry of(int place, RangeSchedule schedule) {
      RangeTask task = schedule.task();
      Map<String, List<FileSpan>> spans = new LinkedHashMap<>();
      for (RangeTask.Member member : task.members()) {
        int width = member.tensor().dtype().bytes();
        add(spans, member.tensor(), task.from() * width, task.to() * width);
      }
      task.checks().forEach(check -> add(spans, check.lut(), 0, check.lut().bytes()));
      return new Entry(place, schedule, spans);
    }

    private static void add(
        Map<String, List<FileSpan>> spans, TensorEntry tensor, long from, long to) {
      spans
          .computeIfAbsent(tensor.storage().file(), file -> new ArrayList<>(2))
          .addAll(TensorBlocks.spans(tensor, from, to));
    }

    long bytes() {
      return spans.values().stream().mapToLong(ReadAhead::bytes).sum();
    }
  }

  /** Bytes of what is read ahead, with gaps. */
  int capacity() {
    return capacity;
  }

  List<Entry> entries() {
    return entries;
  }

  Map<String, List<FileSpan>> spans() {
    return spans;
  }

  /**
   * Whether a task may be small: no span is looked at before. What is compressed is never read
   * ahead.
   */
  boolean mayTake(RangeSchedule schedule) {
    RangeTask task = schedule.task();
    if (task.members().stream().anyMatch(member -> member.tensor().storage().isDeflated())
        || task.checks().stream().anyMatch(check -> check.lut().storage().isDeflated())) {
      return false;
    }
    long elementBytes =
        task.members().stream().mapToLong(member -> member.tensor().dtype().bytes()).sum();
    return task.to() - task.from() <= largest() / elementBytes;
  }

  /** Whether an empty batch has room for it. */
  boolean mayTake(Entry entry) {
    return entry.bytes() <= largest();
  }

  /** Whether this batch has room for another that an empty one has room for. */
  boolean hasRoom(Entry entry) {
    return bytes + entry.bytes() <= capacity - capacity / 4; // the rest is for gaps
  }

  void add(Entry entry) {
    entries.add(entry);
    bytes += entry.bytes();
    entry
        .spans()
        .forEach(
            (file, some) -> spans.computeIfAbsent(file, each -> new ArrayList<>()).addAll(some));
  }

  // The blocks of its members then take at most half as much as the bytes read ahead.
  private long largest() {
    return capacity / 4;
  }
}
