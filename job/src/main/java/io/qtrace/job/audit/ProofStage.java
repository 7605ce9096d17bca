package io.qtrace.job.audit;

import io.qtrace.io.ObjectStat;
import io.qtrace.job.compare.CheckpointFacts;
import io.qtrace.job.compare.IndexStage.Indexes;
import io.qtrace.job.compare.Packed;
import io.qtrace.job.compare.Recomputation;
import io.qtrace.job.compare.RecomputeStage;
import io.qtrace.job.compare.Recomputed;
import io.qtrace.job.operations.Classifier;
import io.qtrace.job.operations.Ends;
import io.qtrace.job.operations.MergeLora;
import io.qtrace.job.operations.Side;
import io.qtrace.job.operations.Step;
import io.qtrace.job.parents.Verification;
import io.qtrace.job.policy.EdgeKind;
import io.qtrace.job.progress.Phase;
import io.qtrace.tensor.CheckpointIndex;
import java.io.Serializable;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.spark.HashPartitioner;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import scala.Tuple2;

/**
 * Verifies steps that the facts allow: recomputes the result of the operation from the data of both
 * checkpoints.
 */
final class ProofStage {
  private final JavaSparkContext spark;
  private final RecomputeStage recomputing;
  private final Classifier classifier;

  ProofStage(JavaSparkContext spark, RecomputeStage recomputing, Classifier classifier) {
    this.spark = spark;
    this.recomputing = recomputing;
    this.classifier = classifier;
  }

  /**
   * Identifiers of the ends of a step.
   *
   * @param adapters those that may have been merged into the parent; empty if that is not in
   *     question
   */
  record Pair(String parent, String child, List<String> adapters) implements Serializable {
    Pair {
      adapters = List.copyOf(adapters);
    }

    List<String> ends() {
      return Stream.concat(Stream.of(parent, child), adapters.stream()).toList();
    }

    private String key() {
      return String.join(" ", ends());
    }
  }

  /**
   * What the data shows about each step; steps that need no recomputation are left out.
   *
   * @param facts of all ends
   * @param indexes of all ends
   */
  Map<Pair, Verification> verify(
      Collection<Pair> pairs, JavaPairRDD<String, Packed<CheckpointFacts>> facts, Indexes indexes) {
    Map<String, Set<Pair>> receivers = new HashMap<>();
    Map<String, List<ObjectStat>> files = new HashMap<>();
    for (Pair pair : pairs) {
      pair.ends().forEach(end -> receivers.computeIfAbsent(end, id -> new HashSet<>()).add(pair));
      files.put(
          pair.key(), indexes.files(pair.ends()).values().stream().flatMap(List::stream).toList());
    }
    Broadcast<Map<String, Set<Pair>>> receiversOf = spark.broadcast(receivers);
    HashPartitioner byPair = new HashPartitioner(Math.max(1, Math.min(pairs.size(), 64)));
    JavaPairRDD<Pair, Iterable<Tuple2<String, Packed<CheckpointFacts>>>> ends =
        sent(facts, receiversOf).groupByKey(byPair);
    Proof proof = new Proof(classifier);
    JavaPairRDD<String, Packed<Map<String, Recomputation>>> wanted =
        ends.join(sent(indexes.readable(), receiversOf).groupByKey(byPair))
            .mapToPair(
                pair ->
                    new Tuple2<>(
                        pair._1().key(),
                        Packed.of(proof.wanted(pair._1(), pair._2()._1(), pair._2()._2()))));
    JavaPairRDD<String, Packed<Map<String, Recomputed>>> layers =
        recomputing.run(wanted, files).layers();
    Map<Pair, Verification> verified = new HashMap<>();
    try (Phase phase = Phase.begin(spark.sc(), "parents", "prove " + pairs.size() + " steps")) {
      ends.mapToPair(pair -> new Tuple2<>(pair._1().key(), pair))
          .join(layers)
          .mapToPair(
              one ->
                  new Tuple2<>(
                      one._2()._1()._1(),
                      proof.verification(
                          one._2()._1()._1(), one._2()._1()._2(), one._2()._2().value())))
          .collect()
          .forEach(one -> verified.put(one._1(), one._2()));
    } finally {
      receiversOf.destroy();
    }
    return verified;
  }

  private static <T> JavaPairRDD<Pair, Tuple2<String, Packed<T>>> sent(
      JavaPairRDD<String, Packed<T>> all, Broadcast<Map<String, Set<Pair>>> receivers) {
    return all.flatMapToPair(
        one ->
            receivers.value().getOrDefault(one._1(), Set.of()).stream()
                .map(pair -> new Tuple2<>(pair, one))
                .iterator());
  }

  /** Verifies steps on an executor. */
  private record Proof(Classifier classifier) implements Serializable {
    Map<String, Recomputation> wanted(
        Pair pair,
        Iterable<Tuple2<String, Packed<CheckpointFacts>>> facts,
        Iterable<Tuple2<String, Packed<CheckpointIndex>>> indexes) {
      Map<String, CheckpointIndex> byId = byId(indexes);
      Step step = step(pair, facts, Map.of());
      Ends ends =
          Ends.of(
              byId.get(pair.parent()),
              byId.get(pair.child()),
              pair.adapters().stream().map(byId::get).toList());
      return pair.adapters().isEmpty()
          ? classifier.operations().recomputations(step, ends)
          : new MergeLora().recomputations(step, ends);
    }

    // What the operation shown by the facts, or a merge, leaves unexplained after recomputation.
    Verification verification(
        Pair pair,
        Iterable<Tuple2<String, Packed<CheckpointFacts>>> facts,
        Map<String, Recomputed> recomputed) {
      EdgeKind shown =
          pair.adapters().isEmpty()
              ? classifier.classify(step(pair, facts, Map.of())).kind()
              : MergeLora.KIND;
      Step step = step(pair, facts, recomputed);
      return classifier.classify(step).fits().stream()
          .filter(fit -> fit.operation().kind().equals(shown))
          .map(
              fit ->
                  new Verification(
                      fit.cost(), fit.operation().rounded(step), fit.operation().requantized(step)))
          .findFirst()
          .orElse(Verification.EXACT);
    }

    private static Step step(
        Pair pair,
        Iterable<Tuple2<String, Packed<CheckpointFacts>>> facts,
        Map<String, Recomputed> recomputed) {
      Map<String, CheckpointFacts> byId = byId(facts);
      return Step.ofFacts(
              new Side(byId.get(pair.parent())), new Side(byId.get(pair.child())), recomputed)
          .with(
              pair.adapters().stream()
                  .map(id -> new Step.Other(id, new Side(byId.get(id))))
                  .toList());
    }

    private static <T> Map<String, T> byId(Iterable<Tuple2<String, Packed<T>>> all) {
      Map<String, T> byId = new HashMap<>();
      all.forEach(one -> byId.put(one._1(), one._2().value()));
      return byId;
    }
  }
}
