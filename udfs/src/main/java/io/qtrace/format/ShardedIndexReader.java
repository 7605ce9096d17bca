package io.qtrace.format;

import io.qtrace.format.json.Quoted;
import io.qtrace.io.FormatException;
import io.qtrace.io.RangeReader;
import io.qtrace.tensor.CheckpointIndex;
import io.qtrace.tensor.CheckpointIndex.Skipped;
import io.qtrace.tensor.TensorEntry;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.hadoop.fs.Path;

/**
 * Indexes a checkpoint that Hugging Face Transformers split into shards: {@code
 * model.safetensors.index.json} or {@code pytorch_model.bin.index.json} beside its shards. Each
 * shard must hold exactly the tensors that the index maps to it.
 */
final class ShardedIndexReader {
  /** Indexes one shard. */
  interface Shards {
    CheckpointIndex index(String uri) throws IOException;
  }

  private final RangeReader reader;
  private final Shards shards;

  private ShardedIndexReader(RangeReader reader, Shards shards) {
    this.reader = reader;
    this.shards = shards;
  }

  /**
   * Tensors shard by shard, in the order of the shards' names.
   *
   * @throws FormatException if the index names files elsewhere, or a shard is missing, damaged or
   *     holds other tensors than the index says
   */
  static CheckpointIndex index(RangeReader reader, Shards shards) throws IOException {
    return new ShardedIndexReader(reader, shards).index();
  }

  private CheckpointIndex index() throws IOException {
    Map<String, WeightMap.Shard> map = WeightMap.read(reader);
    List<TensorEntry> tensors = new ArrayList<>();
    List<Skipped> skipped = new ArrayList<>();
    String format = null;
    for (WeightMap.Shard shard : map.values()) {
      CheckpointIndex held = indexShard(shard);
      requireAgreement(shard, held);
      String family =
          held.format().startsWith("torch") ? "sharded-torch" : "sharded-" + held.format();
      if (format != null && !format.equals(family)) {
        throw fault(shard, "is %s, expected %s as the others".formatted(family, format));
      }
      format = family;
      tensors.addAll(held.tensors());
      skipped.addAll(held.skipped());
    }
    return new CheckpointIndex(reader.uri(), format, tensors, skipped);
  }

  private CheckpointIndex indexShard(WeightMap.Shard shard) throws IOException {
    Path path = new Path(new Path(reader.uri()).getParent(), shard.file());
    try {
      return shards.index(path.toUri().toString());
    } catch (FileNotFoundException e) {
      throw (FormatException) fault(shard, "is missing").initCause(e);
    }
  }

  private void requireAgreement(WeightMap.Shard shard, CheckpointIndex held)
      throws FormatException {
    Set<String> names = new HashSet<>();
    Stream.concat(
            held.tensors().stream().map(TensorEntry::name),
            held.skipped().stream().map(Skipped::name))
        .forEach(names::add);
    for (String name : shard.tensors()) {
      if (!names.remove(name)) {
        throw fault(shard, "lacks tensor " + Quoted.of(name));
      }
    }
    if (!names.isEmpty()) {
      String extra = Quoted.of(names.iterator().next());
      throw fault(shard, "holds tensor %s, which the index does not map to it".formatted(extra));
    }
  }

  private FormatException fault(WeightMap.Shard shard, String reason) {
    return new FormatException(
        reader.uri(),
        shard.position(),
        "Invalid shard %s: it %s".formatted(Quoted.of(shard.file()), reason));
  }
}
