package io.qtrace.format;

import io.qtrace.format.pytorch.TorchReader;
import io.qtrace.format.safetensors.SafetensorsReader;
import io.qtrace.io.FormatException;
import io.qtrace.io.ObjectStore;
import io.qtrace.io.RangeReader;
import io.qtrace.tensor.CheckpointIndex;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicLong;

/** Reads what a checkpoint file holds, whatever its format, without its data. Thread safe. */
public final class Checkpoints {
  private final ObjectStore store;
  private final AtomicLong bytesRead = new AtomicLong();

  public Checkpoints(ObjectStore store) {
    this.store = store;
  }

  /**
   * Indexes one file: its first bytes tell the format. The index of a sharded checkpoint ({@code
   * *.json}) stands for all its shards.
   *
   * @throws FormatException if the file is damaged, hostile or of no known format
   */
  public CheckpointIndex index(String uri) throws IOException {
    try (Counted file = open(uri)) {
      return switch (FileFormat.of(file.reader())) {
        case TORCH -> TorchReader.index(file.reader());
        case SAFETENSORS -> SafetensorsReader.index(file.reader());
        case SHARDED_INDEX -> ShardedIndexReader.index(file.reader(), this::indexShard);
      };
    }
  }

  /** Bytes that all calls together asked their files for. */
  public long bytesRead() {
    return bytesRead.get();
  }

  // As index(), but an index among the shards would be a loop.
  private CheckpointIndex indexShard(String uri) throws IOException {
    try (Counted file = open(uri)) {
      return switch (FileFormat.of(file.reader())) {
        case TORCH -> TorchReader.index(file.reader());
        case SAFETENSORS -> SafetensorsReader.index(file.reader());
        case SHARDED_INDEX ->
            throw new FormatException(uri, 0, "Invalid shard: an index, expected tensors");
      };
    }
  }

  private Counted open(String uri) throws IOException {
    return new Counted(store.open(uri), bytesRead);
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
