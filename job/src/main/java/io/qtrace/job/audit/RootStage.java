package io.qtrace.job.audit;

import io.qtrace.job.compare.CheckpointFacts;
import io.qtrace.job.compare.Packed;
import io.qtrace.job.judge.NotCompared;
import io.qtrace.job.judge.RootFindings;
import io.qtrace.job.policy.Finding;
import io.qtrace.job.policy.Waivers;
import io.qtrace.job.progress.Phase;
import java.io.Serializable;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;

/** Judges checkpoints without a parent, on the executors. */
final class RootStage {
  private final JavaSparkContext spark;

  RootStage(JavaSparkContext spark) {
    this.spark = spark;
  }

  /** What a checkpoint is judged by, in addition to its facts. */
  record Root(String path, NotCompared skipped, Waivers waivers) implements Serializable {}

  /**
   * Their findings, in order of paths.
   *
   * @param roots by identifier
   * @param facts of all of them
   */
  List<Finding> run(Map<String, Root> roots, JavaPairRDD<String, Packed<CheckpointFacts>> facts) {
    if (roots.isEmpty()) {
      return List.of();
    }
    Broadcast<Map<String, Root>> byId = spark.broadcast(roots);
    try (Phase phase = Phase.begin(spark.sc(), "judge", roots.size() + " without a parent")) {
      return facts
          .flatMap(
              one -> {
                Root root = byId.value().get(one._1());
                return RootFindings.of(
                        root.path(), one._2().value(), root.skipped(), root.waivers())
                    .iterator();
              })
          .collect()
          .stream()
          .sorted(Comparator.comparing(Finding::example).thenComparing(Finding::rule))
          .toList();
    } finally {
      byId.destroy();
    }
  }
}
