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
import scala.Tuple2;

/** Computes the SHA-256 of whole files on the executors, a task for each. */
public final class DigestStage {
  private final JavaSparkContext spark;

  public DigestStage(JavaSparkContext spark) {
    this.spark = spark;
  }

  /**
   * Reads files.
   *
   * @param files as they were when something else was read of them
   * @return 64 hexadecimal digits by the file's URI
   * @throws IOException if one of them is no longer as it was
   */
  public Map<String, String> run(Collection<ObjectStat> files) throws IOException {
    List<ObjectStat> distinct = files.stream().distinct().toList();
    ReadTask read = new ReadTask(HadoopSettings.of(spark));
    Map<String, String> digests = new HashMap<>();
    for (Tuple2<String, Found> one :
        spark.parallelize(distinct, Math.max(1, distinct.size())).mapToPair(read::run).collect()) {
      if (one._2().changed().isPresent()) {
        throw new IOException(one._2().changed().get());
      }
      digests.put(one._1(), one._2().sha256());
    }
    return digests;
  }

  private record Found(String sha256, Optional<String> changed) implements Serializable {}

  private record ReadTask(HadoopSettings hadoop) implements Serializable {
    Tuple2<String, Found> run(ObjectStat file) throws IOException {
      ObjectStore store = new ObjectStore(hadoop.value());
      Path path = ObjectStore.path(file.uri());
      try (InputStream in = store.fileSystem(path).open(path)) {
        String sha256 = DigestUtils.sha256Hex(in);
        return new Tuple2<>(
            file.uri(), new Found(sha256, FileChanges.reason(store, List.of(file))));
      }
    }
  }
}
