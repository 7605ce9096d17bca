package io.qtrace.job.audit.parents;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import scala.Tuple2;

/**
 * Pairs of checkpoints that share a tensor's content: one job, whose shuffles carry one row a
 * tensor and a bounded number of links for each. Within the checkpoints that share a content, each
 * is linked to the next few in order of locality, and to the one whose LUTs were trained the least,
 * from which many runs may have started.
 */
final class ContentLinks {
  private static final int NEXT = 4;

  private final JavaSparkContext spark;

  ContentLinks(JavaSparkContext spark) {
    this.spark = spark;
  }

  /** Pairs of positions, smaller first, sorted; nodes in order of locality. */
  Set<Link> of(List<Node> nodes) {
    List<Tuple2<Integer, long[]>> contents =
        IntStream.range(0, nodes.size())
            .mapToObj(i -> new Tuple2<>(i, nodes.get(i).contents()))
            .toList();
    Broadcast<double[]> trained =
        spark.broadcast(nodes.stream().mapToDouble(Node::trained).toArray());
    spark.setJobDescription("qtrace: candidate parents of %d checkpoints".formatted(nodes.size()));
    try {
      return new TreeSet<>(
          spark
              .parallelizePairs(contents, Math.max(1, spark.defaultParallelism()))
              .flatMapToPair(
                  node ->
                      Arrays.stream(node._2())
                          .mapToObj(content -> new Tuple2<>(content, node._1()))
                          .iterator())
              .groupByKey()
              .flatMap(group -> links(group._2(), trained.value()).iterator())
              .distinct()
              .collect());
    } finally {
      spark.setJobDescription(null);
      trained.destroy();
    }
  }

  private static List<Link> links(Iterable<Integer> group, double[] trained) {
    List<Integer> members = new ArrayList<>();
    group.forEach(members::add);
    members.sort(null);
    int hub = members.get(0);
    for (int member : members) {
      hub = trained[member] < trained[hub] ? member : hub;
    }
    List<Link> links = new ArrayList<>();
    for (int i = 0; i < members.size(); i++) {
      for (int next : members.subList(i + 1, Math.min(i + 1 + NEXT, members.size()))) {
        links.add(new Link(members.get(i), next));
      }
      if (members.get(i) != hub) {
        links.add(Link.between(members.get(i), hub));
      }
    }
    return links;
  }

  /** Two different nodes, the smaller first. */
  record Link(int one, int other) implements Comparable<Link>, Serializable {
    static Link between(int a, int b) {
      return new Link(Math.min(a, b), Math.max(a, b));
    }

    @Override
    public int compareTo(Link link) {
      return one == link.one ? Integer.compare(other, link.other) : Integer.compare(one, link.one);
    }
  }
}
