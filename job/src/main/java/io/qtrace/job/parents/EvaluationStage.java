package io.qtrace.job.parents;

import io.qtrace.job.compare.CheckpointFacts;
import io.qtrace.job.compare.Packed;
import io.qtrace.job.compare.TaskMemory;
import io.qtrace.job.operations.Classifier;
import io.qtrace.job.operations.Mixture;
import io.qtrace.job.operations.Side;
import io.qtrace.job.progress.Phase;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.spark.HashPartitioner;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import scala.Tuple2;

/**
 * Evaluates candidates on the executors, where the facts are: candidates with common checkpoints go
 * to the same task, so that the facts of each checkpoint go to few tasks.
 */
public final class EvaluationStage implements Evaluation {
  // A task holds the facts of this many tensors at once, however many candidates need them.
  private static final int MOST_TENSORS = 40_000;

  private final JavaSparkContext spark;
  private final Function<Set<String>, JavaPairRDD<String, Packed<CheckpointFacts>>> facts;
  private final Function<String, Integer> tensors;
  private final Classifier classifier;

  /**
   * @param facts of the checkpoints with some identifiers, by identifier
   * @param tensors number of tensors of the checkpoint with an identifier
   */
  public EvaluationStage(
      JavaSparkContext spark,
      Function<Set<String>, JavaPairRDD<String, Packed<CheckpointFacts>>> facts,
      Function<String, Integer> tensors,
      Classifier classifier) {
    this.spark = spark;
    this.facts = facts;
    this.tensors = tensors;
    this.classifier = classifier;
  }

  /** A question about some checkpoints, and the work of answering it. */
  private interface Question<A> extends Serializable {
    List<String> checkpoints();

    A answer(List<Node> nodes, Classifier classifier);
  }

  @Override
  public Map<Candidate, Candidate.Transitions> transitions(Collection<Candidate> candidates) {
    Map<Candidate, Candidate.Transitions> found = new HashMap<>();
    List<Between> questions = candidates.stream().map(Between::new).toList();
    answers(questions, "transitions")
        .forEach((question, answer) -> found.put(question.candidate(), answer));
    return found;
  }

  @Override
  public Map<Dispute, Dispute.Ruling> rulings(Collection<Dispute> disputes) {
    Map<Dispute, Dispute.Ruling> found = new HashMap<>();
    List<Ruling> questions = disputes.stream().map(Ruling::new).toList();
    answers(questions, "declared parents")
        .forEach((question, answer) -> found.put(question.dispute(), answer));
    return found;
  }

  @Override
  public Map<Pool, List<String>> averages(Collection<Pool> pools) {
    Map<Pool, List<String>> found = new HashMap<>();
    answers(pools.stream().map(Mean::new).toList(), "averages")
        .forEach((question, answer) -> found.put(question.pool(), answer));
    return found;
  }

  @Override
  public Map<Mix, Taken> taken(Collection<Mix> mixes) {
    Map<Mix, Taken> found = new HashMap<>();
    answers(mixes.stream().map(Taking::new).toList(), "mixed checkpoints")
        .forEach((question, answer) -> found.put(question.mix(), answer));
    return found;
  }

  private record Taking(Mix mix) implements Question<Taken> {
    @Override
    public List<String> checkpoints() {
      return Stream.concat(Stream.of(mix.child(), mix.other()), mix.parents().stream()).toList();
    }

    @Override
    public Taken answer(List<Node> nodes, Classifier classifier) {
      return TakenTensors.of(
          nodes.subList(2, nodes.size()), nodes.get(0), nodes.get(1), classifier);
    }
  }

  private record Mean(Pool pool) implements Question<List<String>> {
    @Override
    public List<String> checkpoints() {
      return Stream.concat(Stream.of(pool.child()), pool.others().stream()).toList();
    }

    @Override
    public List<String> answer(List<Node> nodes, Classifier classifier) {
      return members(nodes).stream().map(number -> pool.others().get(number)).toList();
    }
  }

  // For an average and others, positions among the others.
  static List<Integer> members(List<Node> nodes) {
    List<Integer> members = IntStream.range(0, nodes.size() - 1).boxed().toList();
    List<Integer> fewer = fewer(members, nodes);
    while (fewer.size() > 1 && fewer.size() < members.size()) { // as the edges from them are judged
      members = fewer;
      fewer = fewer(members, nodes);
    }
    return fewer;
  }

  private static List<Integer> fewer(List<Integer> members, List<Node> nodes) {
    List<Side> sides = members.stream().map(member -> nodes.get(member + 1).side()).toList();
    return Mixture.of(sides, nodes.get(0).side()).map(Mixture::terms).orElse(List.of()).stream()
        .map(Mixture.Term::side)
        .distinct()
        .map(members::get)
        .toList();
  }

  private record Between(Candidate candidate) implements Question<Candidate.Transitions> {
    @Override
    public List<String> checkpoints() {
      return List.of(candidate.one(), candidate.other());
    }

    @Override
    public Candidate.Transitions answer(List<Node> nodes, Classifier classifier) {
      return new Candidate.Transitions(
          Transition.between(nodes.get(0), nodes.get(1), classifier),
          Transition.between(nodes.get(1), nodes.get(0), classifier));
    }
  }

  private record Ruling(Dispute dispute) implements Question<Dispute.Ruling> {
    @Override
    public List<String> checkpoints() {
      return List.of(dispute.inferred(), dispute.declared(), dispute.child());
    }

    @Override
    public Dispute.Ruling answer(List<Node> nodes, Classifier classifier) {
      return Transition.ruling(nodes.get(0), nodes.get(1), nodes.get(2), classifier);
    }
  }

  private <A, Q extends Question<A>> Map<Q, A> answers(List<Q> questions, String what) {
    if (questions.isEmpty()) {
      return Map.of();
    }
    List<List<Q>> blocks = blocks(questions);
    Map<String, List<Integer>> numbers = new HashMap<>(); // of blocks, by checkpoint
    for (int i = 0; i < blocks.size(); i++) {
      for (String checkpoint : checkpoints(blocks.get(i))) {
        numbers.computeIfAbsent(checkpoint, key -> new ArrayList<>()).add(i);
      }
    }
    Broadcast<Map<String, List<Integer>>> blocksOf = spark.broadcast(numbers);
    Broadcast<List<List<Q>>> all = spark.broadcast(blocks);
    Classifier classify = classifier;
    int[] first = new int[blocks.size()]; // number of its first question, by block
    for (int i = 1; i < first.length; i++) {
      first[i] = first[i - 1] + blocks.get(i - 1).size();
    }
    Map<Q, A> answers = new HashMap<>();
    try (Phase phase =
        Phase.begin(spark.sc(), "parents", "evaluate %d %s".formatted(questions.size(), what))) {
      facts
          .apply(Set.copyOf(numbers.keySet()))
          .flatMapToPair(one -> inBlocks(one, blocksOf.value()))
          .groupByKey(new HashPartitioner(blocks.size()))
          .flatMapToPair(
              block ->
                  answered(all.value().get(block._1()), first[block._1()], block._2(), classify))
          .collect()
          .forEach(answer -> answers.put(questions.get(answer._1()), answer._2()));
    } finally {
      blocksOf.destroy();
      all.destroy();
    }
    return answers;
  }

  private <Q extends Question<?>> List<List<Q>> blocks(List<Q> questions) {
    List<List<Q>> blocks = new ArrayList<>();
    List<Q> open = new ArrayList<>();
    Set<String> checkpoints = new HashSet<>();
    long held = 0;
    long most = TaskMemory.tensors(spark, MOST_TENSORS);
    for (Q question : questions) {
      long more =
          question.checkpoints().stream()
              .filter(checkpoint -> !checkpoints.contains(checkpoint))
              .mapToLong(tensors::apply)
              .sum();
      if (held + more > most && !open.isEmpty()) {
        blocks.add(open);
        open = new ArrayList<>();
        checkpoints.clear();
        held = 0;
        more = question.checkpoints().stream().mapToLong(tensors::apply).sum();
      }
      open.add(question);
      checkpoints.addAll(question.checkpoints());
      held += more;
    }
    blocks.add(open);
    return blocks;
  }

  private static Set<String> checkpoints(List<? extends Question<?>> questions) {
    Set<String> checkpoints = new HashSet<>();
    questions.forEach(question -> checkpoints.addAll(question.checkpoints()));
    return checkpoints;
  }

  private static Iterator<Tuple2<Integer, Tuple2<String, Packed<CheckpointFacts>>>> inBlocks(
      Tuple2<String, Packed<CheckpointFacts>> facts, Map<String, List<Integer>> blocks) {
    return blocks.getOrDefault(facts._1(), List.of()).stream()
        .map(block -> new Tuple2<>(block, facts))
        .iterator();
  }

  // Answers by the number of the question.
  private static <A, Q extends Question<A>> Iterator<Tuple2<Integer, A>> answered(
      List<Q> questions,
      int first,
      Iterable<Tuple2<String, Packed<CheckpointFacts>>> facts,
      Classifier classifier) {
    Map<String, Node> nodes = new HashMap<>();
    facts.forEach(one -> nodes.put(one._1(), Node.of(one._2().value())));
    return IntStream.range(0, questions.size())
        .mapToObj(
            i ->
                new Tuple2<>(
                    first + i,
                    questions
                        .get(i)
                        .answer(
                            questions.get(i).checkpoints().stream().map(nodes::get).toList(),
                            classifier)))
        .iterator();
  }
}
