package io.qtrace.job.parents;

import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.job.LocalSpark;
import io.qtrace.job.compare.CheckpointFacts;
import io.qtrace.job.compare.Packed;
import io.qtrace.job.operations.Classifier;
import io.qtrace.job.operations.Copy;
import io.qtrace.job.operations.Operations;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerJobStart;
import org.apache.spark.scheduler.SparkListenerStageCompleted;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import scala.Tuple2;

@Tag("archive")
class TestParentSearchAtScale {
  private static final int JOBS = 2; // candidates, and averages

  // Facts of a checkpoint go to the tasks that evaluate its few candidates, and to those that ask
  // whether it or a neighbour is an average.
  private static final int COPIES_OF_EACH = 3;

  private static final int CANDIDATES_OF_ONE = 64;

  @Test
  void findsTheParentsOfAThousandCheckpointsInFewLinearJobs() throws TimeoutException {
    SyntheticArchive archive = new SyntheticArchive(20260101);
    List<MeasuredCheckpoint> checkpoints = archive.checkpoints();
    assertThat(checkpoints).hasSize(SyntheticArchive.CHECKPOINTS);
    SparkContext spark = LocalSpark.session().sparkContext();
    List<Tuple2<String, Packed<CheckpointFacts>>> facts = new ArrayList<>();
    archive.facts().forEach((id, found) -> facts.add(new Tuple2<>(id, Packed.of(found))));
    long bytes = facts.stream().mapToLong(one -> one._2().bytes().length).sum();
    Work work = new Work();
    spark.addSparkListener(work);
    Forest forest;
    long started = System.nanoTime();
    try {
      forest =
          new ParentSearch(evaluation(new JavaSparkContext(spark), checkpoints, facts))
              .run(checkpoints, DeclaredParents.NONE);
      spark.listenerBus().waitUntilEmpty();
    } finally {
      spark.removeSparkListener(work);
    }
    System.out.printf(
        "%d checkpoints: %.1f s, %d jobs, %d bytes of facts, %d shuffled%n",
        checkpoints.size(),
        (System.nanoTime() - started) / 1e9,
        work.jobs.get(),
        bytes,
        work.bytes.get());
    assertThat(work.jobs).hasPositiveValue().hasValueLessThanOrEqualTo(JOBS);
    assertThat(work.bytes.get()).isPositive().isLessThan(COPIES_OF_EACH * bytes);
    assertThat(forest.roots()).hasSize(1);
    assertThat(forest.edges()).hasSize(SyntheticArchive.CHECKPOINTS - 1);
    assertThat(found(archive, forest)).isEqualTo(archive.truth());
  }

  // A night with one new checkpoint: what was found of the others before is all that they need.
  @Test
  void aNewCheckpointCostsItsOwnCandidates() {
    SyntheticArchive archive = new SyntheticArchive(20260102);
    List<MeasuredCheckpoint> all = archive.checkpoints();
    MeasuredCheckpoint fresh = all.get(all.size() / 2);
    List<MeasuredCheckpoint> before = all.stream().filter(one -> one != fresh).toList();
    Remembering evaluation = new Remembering(new InMemoryEvaluation(archive.facts()));
    new ParentSearch(evaluation).run(before, DeclaredParents.NONE);
    assertThat(evaluation.found).hasSizeGreaterThan(before.size());

    Set<Candidate> known = Set.copyOf(evaluation.found.keySet());
    evaluation.known.addAll(known);
    Forest forest = new ParentSearch(evaluation).run(all, DeclaredParents.NONE);
    Set<Candidate> asked = new HashSet<>(evaluation.found.keySet());
    asked.removeAll(known);
    assertThat(asked)
        .isNotEmpty()
        .hasSizeLessThan(CANDIDATES_OF_ONE)
        .allMatch(one -> List.of(one.one(), one.other()).contains(fresh.file().id()));
    assertThat(found(archive, forest)).isEqualTo(archive.truth());
  }

  /** Evaluates each candidate once, and says that it knew some. */
  private static final class Remembering implements Evaluation {
    private final Evaluation evaluation;
    private final Set<Candidate> known = new HashSet<>();
    private final Map<Candidate, Candidate.Transitions> found = new HashMap<>();

    Remembering(Evaluation evaluation) {
      this.evaluation = evaluation;
    }

    @Override
    public Set<Candidate> known() {
      return known;
    }

    @Override
    public Map<Candidate, Candidate.Transitions> transitions(Collection<Candidate> candidates) {
      Set<Candidate> unknown = new HashSet<>(candidates);
      unknown.removeAll(found.keySet());
      found.putAll(evaluation.transitions(unknown));
      Map<Candidate, Candidate.Transitions> all = new HashMap<>();
      candidates.forEach(one -> all.put(one, found.get(one)));
      return all;
    }

    @Override
    public Map<Dispute, Dispute.Ruling> rulings(Collection<Dispute> disputes) {
      return evaluation.rulings(disputes);
    }
  }

  private static Evaluation evaluation(
      JavaSparkContext spark,
      List<MeasuredCheckpoint> checkpoints,
      List<Tuple2<String, Packed<CheckpointFacts>>> facts) {
    JavaPairRDD<String, Packed<CheckpointFacts>> all = spark.parallelizePairs(facts, 8);
    Map<String, Integer> tensors = new TreeMap<>();
    checkpoints.forEach(one -> tensors.put(one.file().id(), one.sketch().tensors()));
    return new EvaluationStage(
        spark,
        wanted -> {
          Set<String> ids = Set.copyOf(wanted);
          return all.filter(one -> ids.contains(one._1()));
        },
        tensors::get,
        new Classifier(Operations.KNOWN));
  }

  private static Map<String, String> found(SyntheticArchive archive, Forest forest) {
    Map<String, String> found = new TreeMap<>();
    forest.roots().forEach(root -> found.put(archive.label(root), "root"));
    forest.edges().stream()
        .filter(edge -> !edge.kind().equals(Copy.KIND))
        .forEach(
            edge ->
                found.put(
                    archive.label(edge.child()),
                    edge.kind().label() + " " + archive.label(edge.parent())));
    return found;
  }

  /** Counts jobs and the bytes that their stages wrote to shuffles. */
  private static final class Work extends SparkListener {
    private final AtomicInteger jobs = new AtomicInteger();
    private final AtomicLong bytes = new AtomicLong();

    @Override
    public void onJobStart(SparkListenerJobStart job) {
      jobs.incrementAndGet();
    }

    @Override
    public void onStageCompleted(SparkListenerStageCompleted stage) {
      bytes.addAndGet(stage.stageInfo().taskMetrics().shuffleWriteMetrics().bytesWritten());
    }
  }
}
