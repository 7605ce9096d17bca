package io.qtrace.compare;

import io.qtrace.arrow.Block;
import io.qtrace.arrow.BlockPool;
import io.qtrace.arrow.ReadOptions;
import io.qtrace.io.FileSpan;
import io.qtrace.io.KeptRanges;
import io.qtrace.io.OpenFiles;
import io.qtrace.io.PendingRead;
import io.qtrace.io.RangeReader.Range;
import io.qtrace.io.RangeSource;
import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Everything that some small tasks need, in memory: each file is opened once and neighbouring
 * ranges are joined.
 */
final class ReadAhead implements Sources, Closeable {
  /** Maximum padding between neighbours that is read: too small for an unrequested tensor. */
  static final int MAX_GAP = 64;

  private static final int MAX_IN_FLIGHT = 32;

  private final BlockPool pool;
  private final ReadOptions options;
  private final Map<String, RangeSource> files = new HashMap<>();
  private final Map<String, Unreadable> unreadable = new HashMap<>();
  private final Block arena;
  private final Deque<Begun> begun = new ArrayDeque<>();
  private int used;

  /**
   * @param spans by file, all together at most {@code memoryBytes}
   * @param memoryBytes of spans and the gaps between them
   */
  ReadAhead(
      Map<String, List<FileSpan>> spans,
      int memoryBytes,
      BlockPool pool,
      OpenFiles open,
      FailureReason reasons,
      ReadOptions options)
      throws IOException {
    this.pool = pool;
    this.options = options;
    Map<String, List<FileSpan>> joined = joined(spans, memoryBytes);
    long bytes = joined.values().stream().mapToLong(ReadAhead::bytes).sum();
    this.arena = pool.take(Math.toIntExact(Math.max(bytes, 1)));
    try {
      for (Map.Entry<String, List<FileSpan>> file : joined.entrySet()) {
        load(file.getKey(), file.getValue(), open, reasons);
      }
      while (!begun.isEmpty()) {
        await(begun.remove(), reasons);
      }
    } catch (IOException | RuntimeException e) {
      abandon(e);
      pool.give(arena);
      throw e;
    }
  }

  /** A range that is being read. */
  private record Begun(String file, PendingRead read) {}

  @Override
  public RangeSource open(String file) throws Unreadable {
    if (unreadable.containsKey(file)) {
      throw unreadable.get(file);
    }
    return files.get(file);
  }

  @Override
  public void close() {
    pool.give(arena);
  }

  private void load(String file, List<FileSpan> spans, OpenFiles open, FailureReason reasons)
      throws IOException {
    Sources stored = open::open;
    try {
      files.put(file, stored.read(file, reasons, source -> load(file, spans, source, reasons)));
    } catch (Unreadable e) {
      unreadable.put(file, e);
    }
  }

  private void await(Begun range, FailureReason reasons) throws IOException {
    try {
      Sources.await(range.file(), reasons, range.read());
    } catch (Unreadable e) {
      unreadable.put(range.file(), e);
    }
  }

  private void abandon(Exception failure) {
    for (Begun range : begun) {
      try {
        range.read().await();
      } catch (IOException e) {
        failure.addSuppressed(e);
      }
    }
  }

  // A file that ends too early is reported by the tasks that need the missing bytes.
  private KeptRanges load(
      String file, List<FileSpan> spans, RangeSource source, FailureReason reasons)
      throws IOException {
    KeptRanges kept = new KeptRanges(source.uri(), source.length());
    for (FileSpan span : spans) {
      if (span.position() >= source.length()) {
        continue;
      }
      int bytes = (int) (Math.min(span.end(), source.length()) - span.position());
      kept.keep(span.position(), arena.bytes().slice(used, bytes));
      for (int at = 0; at < bytes; at += options.rangeBytes()) {
        int length = Math.min(options.rangeBytes(), bytes - at);
        if (begun.size() == MAX_IN_FLIGHT) {
          await(begun.remove(), reasons);
        }
        Range range = new Range(span.position() + at, arena.bytes().slice(used + at, length));
        begun.add(new Begun(file, source.begin(List.of(range))));
      }
      used += bytes;
    }
    return kept;
  }

  /** Spans ascending, near ones joined as long as the memory has room for the gaps. */
  private static Map<String, List<FileSpan>> joined(
      Map<String, List<FileSpan>> spans, int memoryBytes) {
    Map<String, List<FileSpan>> joined = new LinkedHashMap<>();
    long room = memoryBytes - spans.values().stream().mapToLong(ReadAhead::bytes).sum();
    for (Map.Entry<String, List<FileSpan>> file : spans.entrySet()) {
      List<FileSpan> ordered = new ArrayList<>(file.getValue());
      ordered.sort(Comparator.comparingLong(FileSpan::position));
      List<FileSpan> pieces = new ArrayList<>();
      FileSpan last = null;
      for (FileSpan span : ordered) {
        long gap = last == null ? Long.MAX_VALUE : Math.max(0, span.position() - last.end());
        if (gap > MAX_GAP || gap > room) {
          pieces.add(span);
          last = span;
        } else {
          room -= gap;
          long end = Math.max(last.end(), span.end());
          last = new FileSpan(last.position(), end - last.position());
          pieces.set(pieces.size() - 1, last);
        }
      }
      joined.put(file.getKey(), pieces);
    }
    return joined;
  }

  static long bytes(List<FileSpan> spans) {
    return spans.stream().mapToLong(FileSpan::bytes).sum();
  }
}
