package io.qtrace.format;

import io.qtrace.format.pytorch.PickledGlobals;
import io.qtrace.format.pytorch.TorchReader;
import io.qtrace.format.safetensors.SafetensorsReader;
import io.qtrace.io.FormatException;
import io.qtrace.io.ObjectStat;
import io.qtrace.io.ObjectStore;
import io.qtrace.io.RangeReader;
import io.qtrace.io.ReadBudget;
import io.qtrace.io.ReadLimits;
import io.qtrace.tensor.CheckpointIndex;
import io.qtrace.tensor.PickledGlobal;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;

/** Indexes checkpoint files of any supported format, without reading their data. Thread safe. */
public final class Checkpoints {
  /** Opens a file by its URI. */
  @FunctionalInterface
  public interface Opener {
    RangeReader open(String uri) throws IOException;
  }

  private static final int MAX_MISSING = 100; // missing shards after which it gives up

  private final Opener files;
  private final ReadLimits limits;
  private final AtomicLong bytesRead = new AtomicLong();
  private final PickledGlobals globals = new PickledGlobals();
  private final List<ObjectStat> opened = new CopyOnWriteArrayList<>();

  /** Reads within the {@linkplain ObjectStore#limits store's limits}. */
  public Checkpoints(ObjectStore store) {
    this(store::open, store.limits());
  }

  /** Reads files from elsewhere, such as memory. */
  public Checkpoints(Opener files, ReadLimits limits) {
    this.files = files;
    this.limits = limits;
  }

  /**
   * Indexes one file: its first bytes show the format. The index of a sharded checkpoint ({@code
   * *.json}) stands for all its shards.
   *
   * @throws FormatException if the file is damaged, malicious, exceeds a limit or has an unknown
   *     format
   */
  public CheckpointIndex index(String uri) throws IOException {
    ReadBudget budget = new ReadBudget(limits);
    try (Counted file = open(uri, budget)) {
      FileFormat format = FileFormat.of(file.reader());
      return format == FileFormat.SHARDED_INDEX
          ? ShardedIndexReader.index(file.reader(), shard -> indexShard(shard, budget), budget)
          : indexTensors(file.reader(), format, budget);
    }
  }

  /**
   * The files that an index of a sharded checkpoint names, as paths from its folder.
   *
   * @throws FormatException if it is damaged, malicious or not such an index
   */
  public Set<String> shards(String uri) throws IOException {
    ReadBudget budget = new ReadBudget(limits);
    try (Counted file = open(uri, budget)) {
      return WeightMap.read(file.reader(), budget).keySet();
    }
  }

  /**
   * Collects the names in the pickles of a file or of its shards, whether or not it can be indexed;
   * {@link #globals} then returns them.
   *
   * @throws IOException if a file cannot be read
   */
  public void scan(String uri) throws IOException {
    ReadBudget budget = new ReadBudget(limits);
    try (Counted file = open(uri, budget)) {
      FileFormat format = FileFormat.of(file.reader());
      if (format == FileFormat.SHARDED_INDEX) {
        int missing = 0;
        for (String shard : WeightMap.read(file.reader(), budget).keySet()) {
          if (!scanShard(ShardedIndexReader.uri(file.reader(), shard), budget)
              && ++missing == MAX_MISSING) {
            break;
          }
        }
      } else {
        scan(file.reader(), format, budget);
      }
    } catch (FormatException e) {
      globals.addFault("", e);
    }
  }

  /**
   * The names in pickles found by all calls together, the worst first; if there are very many, only
   * the worst.
   */
  public List<PickledGlobal> globals() {
    return globals.worst();
  }

  /** The number of names found by all calls together. */
  public int globalCount() {
    return globals.count();
  }

  /** Bytes requested from files by all calls together. */
  public long bytesRead() {
    return bytesRead.get();
  }

  /** The files opened by all calls together, as they were then: an index before its shards. */
  public List<ObjectStat> opened() {
    return List.copyOf(opened);
  }

  private CheckpointIndex indexShard(String uri, ReadBudget budget) throws IOException {
    try (Counted file = open(uri, budget)) {
      return indexTensors(file.reader(), FileFormat.of(file.reader()), budget);
    }
  }

  private boolean scanShard(String uri, ReadBudget budget) throws IOException {
    try (Counted file = open(uri, budget)) {
      scan(file.reader(), FileFormat.of(file.reader()), budget);
      return true;
    } catch (FileNotFoundException e) {
      globals.addFault("", new FormatException(uri, 0, "Cannot find the shard", e));
      return false;
    }
  }

  private void scan(RangeReader reader, FileFormat format, ReadBudget budget) throws IOException {
    switch (format) {
      case TORCH_ZIP -> TorchReader.scanZip(reader, budget, globals);
      case TORCH_LEGACY -> TorchReader.scanLegacy(reader, budget, globals);
      case SAFETENSORS, SHARDED_INDEX -> {} // nothing of them is a pickle
    }
  }

  // An index among the shards of another would be a loop.
  private CheckpointIndex indexTensors(RangeReader reader, FileFormat format, ReadBudget budget)
      throws IOException {
    return switch (format) {
      case TORCH_ZIP -> TorchReader.indexZip(reader, budget, globals);
      case TORCH_LEGACY -> TorchReader.indexLegacy(reader, budget, globals);
      case SAFETENSORS -> SafetensorsReader.index(reader, budget);
      case SHARDED_INDEX ->
          throw new FormatException(reader.uri(), 0, "Invalid shard: an index, expected tensors");
    };
  }

  private Counted open(String uri, ReadBudget budget) throws IOException {
    RangeReader reader = files.open(uri);
    budget.open(reader.length());
    opened.add(reader.stat());
    return new Counted(reader, bytesRead);
  }

  /** An open file whose reads are added to the total when it closes. */
  private record Counted(RangeReader reader, AtomicLong total) implements AutoCloseable {
    @Override
    public void close() throws IOException {
      total.addAndGet(reader.bytesRead());
      reader.close();
    }
  }
}
