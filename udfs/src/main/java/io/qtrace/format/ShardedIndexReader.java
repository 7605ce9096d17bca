package io.qtrace.format;

import io.qtrace.io.Amount;
import io.qtrace.io.FormatException;
import io.qtrace.io.ObjectStore;
import io.qtrace.io.RangeReader;
import io.qtrace.io.ReadBudget;
import io.qtrace.io.SafeText;
import io.qtrace.tensor.CheckpointIndex;
import io.qtrace.tensor.CheckpointIndex.Skipped;
import io.qtrace.tensor.TensorEntry;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.hadoop.fs.Path;

/**
 * Indexes a checkpoint that Hugging Face Transformers split into shards: {@code
 * model.safetensors.index.json} or {@code pytorch_model.bin.index.json} next to its shards, or
 * above them. Each shard must hold the tensors that the index maps to it. Tensors that the index
 * does not list are read too, as Transformers does, which loads everything in the shards.
 */
final class ShardedIndexReader {
  /** Indexes one shard. */
  interface Shards {
    CheckpointIndex index(String uri) throws IOException;
  }

  private static final int NAMED = 10;
  private static final int MAX_NOTES = 20; // notes of the shards

  private final RangeReader reader;
  private final Shards shards;
  private final Map<String, String> shardOf = new HashMap<>(); // by tensor
  private final List<String> unlisted = new ArrayList<>(); // the first few, to be reported
  private int unlistedCount;

  private ShardedIndexReader(RangeReader reader, Shards shards) {
    this.reader = reader;
    this.shards = shards;
  }

  /**
   * Tensors shard by shard, in the order of the shards' names.
   *
   * @throws FormatException if the index names files elsewhere, or a shard is missing, damaged,
   *     lacks tensors that the index maps to it, or contains tensors mapped to another one
   */
  static CheckpointIndex index(RangeReader reader, Shards shards, ReadBudget budget)
      throws IOException {
    return new ShardedIndexReader(reader, shards).index(budget);
  }

  private CheckpointIndex index(ReadBudget budget) throws IOException {
    Map<String, WeightMap.Shard> map = WeightMap.read(reader, budget);
    List<TensorEntry> tensors = new ArrayList<>();
    List<Skipped> skipped = new ArrayList<>();
    List<String> notes = new ArrayList<>();
    String format = null;
    map.values().forEach(shard -> shard.tensors().forEach(name -> shardOf.put(name, shard.file())));
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
      held.notes().stream()
          .filter(note -> !notes.contains(note))
          .limit(MAX_NOTES - notes.size())
          .forEach(notes::add);
    }
    addNotes(map.keySet(), notes);
    return new CheckpointIndex(reader.uri(), format, tensors, skipped, notes);
  }

  private void addNotes(Set<String> files, List<String> notes) {
    if (unlistedCount > 0) {
      notes.add(
          "the index does not list %s of its shards, read nevertheless: %s%s"
              .formatted(
                  Amount.of(unlistedCount, "tensor"),
                  String.join(", ", unlisted),
                  unlistedCount > unlisted.size()
                      ? " and %d more".formatted(unlistedCount - unlisted.size())
                      : ""));
    }
    files.stream()
        .filter(file -> file.contains("/"))
        .findFirst()
        .ifPresent(file -> notes.add("shards lie in subfolders, such as " + SafeText.quoted(file)));
  }

  /** URI of a shard by its path from the folder of the index. */
  static String uri(RangeReader index, String shard) {
    return new Path(ObjectStore.path(index.uri()).getParent(), shard).toUri().toString();
  }

  private CheckpointIndex indexShard(WeightMap.Shard shard) throws IOException {
    try {
      return shards.index(uri(reader, shard.file()));
    } catch (FileNotFoundException e) {
      throw (FormatException) fault(shard, "is missing").initCause(e);
    }
  }

  private void requireAgreement(WeightMap.Shard shard, CheckpointIndex held)
      throws FormatException {
    Set<String> names = new LinkedHashSet<>();
    Stream.concat(
            held.tensors().stream().map(TensorEntry::name),
            held.skipped().stream().map(Skipped::name))
        .forEach(names::add);
    for (String name : shard.tensors()) {
      if (!names.remove(name)) {
        throw fault(shard, "lacks tensor " + SafeText.quoted(name));
      }
    }
    for (String name : names) {
      String other = shardOf.putIfAbsent(name, shard.file());
      if (other != null) {
        throw fault(
            shard,
            "holds tensor %s, which is that of %s"
                .formatted(SafeText.quoted(name), SafeText.quoted(other)));
      }
      unlistedCount++;
      if (unlisted.size() < NAMED) {
        unlisted.add(SafeText.quoted(name));
      }
    }
  }

  private FormatException fault(WeightMap.Shard shard, String reason) {
    return new FormatException(
        reader.uri(),
        shard.position(),
        "Invalid shard %s: it %s".formatted(SafeText.quoted(shard.file()), reason));
  }
}
