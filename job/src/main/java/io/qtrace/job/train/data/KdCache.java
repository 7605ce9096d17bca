package io.qtrace.job.train.data;

import io.qtrace.format.Checkpoints;
import io.qtrace.io.ObjectStat;
import io.qtrace.io.ObjectStore;
import io.qtrace.io.SafeText;
import io.qtrace.job.train.recipe.Batch;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;

/**
 * The examples of a KD cache in an endless order determined by a seed: example {@code i} of the
 * order does not depend on where reading begins. Memory is bounded by a window of neighbours,
 * whatever the size of a shard. Not thread safe.
 */
public final class KdCache {
  /**
   * How a cache is read.
   *
   * @param shuffle whether each epoch has an order of its own, else that of the shards
   * @param seed of that order
   * @param windowBytes examples that are read together, and among which an order mixes
   */
  public record Options(boolean shuffle, long seed, int windowBytes) {
    /** Enough for a thousand examples of 128 tokens and 128 logits. */
    public static final int WINDOW_BYTES = 128 << 20;

    public Options {
      if (windowBytes < 1) {
        throw new IllegalArgumentException(
            "Invalid window: " + windowBytes + " bytes, expected 1 or more");
      }
    }
  }

  private static final int VERIFY_BYTES = 16 << 20;

  private final ObjectStore store;
  private final KdMeta meta;
  private final List<KdShard> shards;
  private final List<ObjectStat> files;
  private final Options options;
  private final ShuffledSampler order;
  private final BitSet verified = new BitSet(); // shards
  private long epoch = -1; // that the places belong to
  private List<ShuffledSampler.Place> places = List.of();
  private int window = -1; // that is held
  private Batch held;

  private KdCache(
      ObjectStore store,
      KdMeta meta,
      List<KdShard> shards,
      List<ObjectStat> files,
      Options options) {
    this.store = store;
    this.meta = meta;
    this.shards = shards;
    this.files = List.copyOf(files);
    this.options = options;
    long rowBytes = 5L * meta.length() + 6L * (meta.length() - 1) * meta.topk();
    this.order =
        ShuffledSampler.of(
            shards, (int) Math.max(1, options.windowBytes() / Math.max(1, rowBytes)));
  }

  /**
   * Opens a folder: reads {@code meta.json} and the indexes of the shards.
   *
   * @throws IOException if something is missing, damaged, or not as {@code meta.json} says
   */
  public static KdCache open(ObjectStore store, String folder, Options options) throws IOException {
    Path path = ObjectStore.path(folder);
    KdMeta meta = KdMeta.read(store, new Path(path, KdCacheFormat.META).toString());
    Checkpoints checkpoints = new Checkpoints(store);
    List<KdShard> shards = new ArrayList<>();
    List<ObjectStat> files = new ArrayList<>();
    for (FileStatus file : shardFiles(store, path)) {
      shards.add(KdShard.open(checkpoints, file.getPath().toString(), meta));
      files.add(ObjectStore.stat(file));
    }
    if (shards.isEmpty()) {
      throw new FileNotFoundException(
          "Invalid KD cache: %s, expected files shard_00000.pt, ..."
              .formatted(SafeText.of(path.toString())));
    }
    return new KdCache(store, meta, shards, files, options);
  }

  public KdMeta meta() {
    return meta;
  }

  /** Identities of the shards. */
  public List<ObjectStat> files() {
    return files;
  }

  /** Examples of one epoch. */
  public int examples() {
    return order.examples();
  }

  /**
   * Examples {@code [first, first + count)} of the endless order.
   *
   * @throws IOException if a shard cannot be read or holds what no cache may
   */
  public Batch batch(long first, int count) throws IOException {
    Batch batch = Batches.empty(count, meta);
    for (int i = 0; i < count; i++) {
      take(epochPlace(first + i), batch, i);
    }
    return batch;
  }

  /** Examples {@code [first, first + count)} as the shards have them, for evaluations. */
  public Batch inOrder(int first, int count) throws IOException {
    List<ShuffledSampler.Place> plain = order.plain();
    Batch batch = Batches.empty(count, meta);
    for (int i = 0; i < count; i++) {
      take(plain.get(first + i), batch, i);
    }
    return batch;
  }

  private ShuffledSampler.Place epochPlace(long position) {
    long wanted = position / examples();
    if (wanted != epoch) {
      places = options.shuffle() ? order.shuffled(options.seed(), wanted) : order.plain();
      epoch = wanted;
    }
    return places.get((int) (position % examples()));
  }

  private void take(ShuffledSampler.Place place, Batch batch, int to) throws IOException {
    if (place.window() != window) {
      ShuffledSampler.Window next = order.windows().get(place.window());
      KdShard shard = shards.get(next.shard());
      if (!verified.get(next.shard())) {
        shard.verify(store, VERIFY_BYTES);
        verified.set(next.shard());
      }
      held = shard.read(store, next.first(), next.count());
      window = place.window();
    }
    Batches.copy(held, place.row(), batch, to);
  }

  private static List<FileStatus> shardFiles(ObjectStore store, Path folder) throws IOException {
    return Arrays.stream(store.fileSystem(folder).listStatus(folder))
        .filter(FileStatus::isFile)
        .filter(file -> KdCacheFormat.SHARD.matcher(file.getPath().getName()).matches())
        .sorted(Comparator.comparingInt(KdCache::number))
        .toList();
  }

  private static int number(FileStatus shard) {
    Matcher matcher = KdCacheFormat.SHARD.matcher(shard.getPath().getName());
    return matcher.matches() ? Integer.parseInt(matcher.group(1)) : -1;
  }
}
