package io.qtrace.spark.functions;

import io.qtrace.compare.TensorMeter;
import io.qtrace.format.Checkpoints;
import io.qtrace.format.StateDictPrefix;
import io.qtrace.io.ObjectStat;
import io.qtrace.io.ObjectStore;
import io.qtrace.io.SafeText;
import io.qtrace.tensor.CheckpointIndex;
import io.qtrace.tensor.CheckpointIndex.Skipped;
import io.qtrace.tensor.TensorEntry;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.spark.SparkEnv;
import org.apache.spark.deploy.SparkHadoopUtil;

/**
 * Checkpoints that functions read, with Spark's own Hadoop settings. The indexes of a few files are
 * kept in each process, since queries call a function for many tensors of one file. Thread safe.
 */
final class TensorFiles {
  private static final int KEPT = 16;

  private static TensorFiles current; // of the last Spark in this process

  private final SparkEnv spark;
  private final ObjectStore store;
  private final Map<String, Indexed> kept =
      new LinkedHashMap<>(KEPT, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Indexed> eldest) {
          return size() > KEPT;
        }
      };

  private TensorFiles(SparkEnv spark) {
    this.spark = spark;
    this.store = new ObjectStore(SparkHadoopUtil.get().newConfiguration(spark.conf()));
  }

  static synchronized TensorFiles get() {
    SparkEnv spark = SparkEnv.get();
    if (current == null || current.spark != spark) {
      current = new TensorFiles(spark);
    }
    return current;
  }

  /**
   * An indexed file.
   *
   * @param opened the file and its shards, as they were
   * @param tensors by the names that comparisons use, then by those of the file
   */
  private record Indexed(
      List<ObjectStat> opened, Map<String, TensorEntry> tensors, Map<String, String> skipped) {}

  /** What reads from a file. */
  interface Reading<T> {
    T with(TensorMeter meter) throws IOException;
  }

  /** Reads tensors of some files. */
  <T> T read(Reading<T> reading, String... paths) throws IOException {
    List<ObjectStat> files = new ArrayList<>();
    for (String path : paths) {
      files.addAll(index(path).opened());
    }
    try (TensorMeter meter = new TensorMeter(store, files)) {
      return reading.with(meter);
    }
  }

  /**
   * A tensor of a file.
   *
   * @throws IOException naming both, if there is no such tensor or it cannot be read
   */
  TensorEntry tensor(String path, String name) throws IOException {
    Optional<TensorEntry> tensor = find(path, name);
    if (tensor.isEmpty()) {
      throw new IOException("%s: no tensor %s".formatted(SafeText.of(path), SafeText.quoted(name)));
    }
    return tensor.get();
  }

  /**
   * A tensor of a file, if it has it.
   *
   * @throws IOException naming both, if the tensor cannot be read
   */
  Optional<TensorEntry> find(String path, String name) throws IOException {
    Indexed index = index(path);
    if (index.skipped().containsKey(name)) {
      throw new IOException(
          "%s: cannot read tensor %s: %s"
              .formatted(SafeText.of(path), SafeText.quoted(name), index.skipped().get(name)));
    }
    return Optional.ofNullable(index.tensors().get(name));
  }

  private synchronized Indexed index(String path) throws IOException {
    Indexed known = kept.get(path);
    if (known == null || !isUnchanged(known)) {
      known = indexed(path);
      kept.put(path, known);
    }
    return known;
  }

  private boolean isUnchanged(Indexed index) throws IOException {
    for (ObjectStat file : index.opened()) {
      if (!store.stat(file.uri()).equals(file)) {
        return false;
      }
    }
    return true;
  }

  private Indexed indexed(String path) throws IOException {
    Checkpoints checkpoints = new Checkpoints(store);
    CheckpointIndex whole = checkpoints.index(path);
    CheckpointIndex model = StateDictPrefix.unwrapped(whole);
    Map<String, TensorEntry> tensors = new HashMap<>(whole.byName());
    tensors.putAll(model.byName());
    Map<String, String> skipped = new HashMap<>();
    for (Skipped one : model.skipped()) {
      if (!tensors.containsKey(one.name())) {
        skipped.put(one.name(), one.reason());
      }
    }
    return new Indexed(checkpoints.opened(), tensors, skipped);
  }
}
