package io.qtrace.spark.functions;

import io.qtrace.compare.ElementStream;
import io.qtrace.compare.TensorMeter;
import io.qtrace.format.NamedTensors;
import io.qtrace.io.ObjectStat;
import io.qtrace.io.ObjectStore;
import io.qtrace.tensor.TensorEntry;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.SparkEnv;
import org.apache.spark.deploy.SparkHadoopUtil;

/**
 * Checkpoints that functions read, with Spark's own Hadoop settings. The indexes of a few files are
 * kept in each process, since queries call a function for many tensors of one file. Thread safe.
 */
final class TensorFiles {
  private static final int KEPT = 16;

  private static TensorFiles current; // of the last Spark application in this process

  private final SparkEnv spark;
  private final ObjectStore store;
  private final Map<String, NamedTensors> kept =
      new LinkedHashMap<>(KEPT, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, NamedTensors> eldest) {
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

  /** Reads some files. */
  interface Reading<T> {
    T with(TensorMeter meter) throws IOException;
  }

  /** Reads tensors of some files. */
  <T> T read(Reading<T> reading, String... paths) throws IOException {
    List<ObjectStat> files = new ArrayList<>();
    for (String path : paths) {
      files.addAll(checkpoint(path).opened());
    }
    try (TensorMeter meter = new TensorMeter(store, files)) {
      return reading.with(meter);
    }
  }

  /** Elements {@code [from, to)} of a file's tensor. */
  ElementStream elements(String path, TensorEntry tensor, long from, long to) throws IOException {
    return new ElementStream(store, checkpoint(path).file(tensor), tensor, from, to);
  }

  /** The tensors of a file. */
  synchronized NamedTensors checkpoint(String path) throws IOException {
    NamedTensors known = kept.get(path);
    if (known == null || !isUnchanged(known)) {
      known = NamedTensors.of(store, path);
      kept.put(path, known);
    }
    return known;
  }

  private boolean isUnchanged(NamedTensors known) throws IOException {
    for (ObjectStat file : known.opened()) {
      if (!store.stat(file.uri()).equals(file)) {
        return false;
      }
    }
    return true;
  }
}
