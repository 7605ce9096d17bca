package io.qtrace.job.compare;

import io.qtrace.io.ObjectStat;
import io.qtrace.io.ObjectStore;
import java.io.IOException;
import java.io.InputStream;
import java.io.Serializable;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.commons.codec.digest.DigestUtils;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaSparkContext;

/** Computes the SHA-256 of whole files on the executors, a task for each. */
public final class DigestStage {
  private final JavaSparkContext spark;

  public DigestStage(JavaSparkContext spark) {
    this.spark = spark;
  }

  /**
   * Reads files.
   *
   * @param files as they were when other parts of them were read
   * @return 64 hexadecimal digits by the file's URI
   * @throws IOException if one of them is no longer as it was
   */
  public Map<String, String> run(Collection<ObjectStat> files) throws IOException {
    List<ObjectStat> distinct = files.stream().distinct().toList();
    ReadTask read = new ReadTask(HadoopSettings.of(spark));
    Map<String, String> digests = new HashMap<>();
    for (Packed<Found> packed :
        spark.parallelize(distinct, Math.max(1, distinct.size())).map(read::run).collect()) {
      Found found = packed.value();
      if (found.changed().isPresent()) {
        throw new IOException(found.changed().get());
      }
      digests.put(found.uri(), found.sha256());
    }
    return digests;
  }

  private record Found(String uri, String sha256, Optional<String> changed)
      implements Serializable {}

  private record ReadTask(HadoopSettings hadoop) implements Serializable {
    Packed<Found> run(ObjectStat file) throws IOException {
      ObjectStore store = new ObjectStore(hadoop.value());
      Path path = ObjectStore.path(file.uri());
      try (InputStream in = store.fileSystem(path).open(path)) {
        String sha256 = DigestUtils.sha256Hex(in);
        return Packed.of(new Found(file.uri(), sha256, FileChanges.reason(store, List.of(file))));
      }
    }
  }
}
