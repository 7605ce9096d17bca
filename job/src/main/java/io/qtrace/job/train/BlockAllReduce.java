package io.qtrace.job.train;

import io.qtrace.job.train.recipe.Gradients;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import org.apache.spark.BarrierTaskContext;
import org.apache.spark.storage.StreamBlockId;

/**
 * Adds gradients up by a reduce-scatter and an all-gather: of N replicas each adds up one N-th of
 * the values, and takes the other sums from those that added them. The values travel as blocks,
 * from executor to executor; each replica sends and receives 2 (N-1)/N of a gradient. Through the
 * driver go the losses, and where the blocks are. Only the gradients of scales and LUT deltas
 * travel.
 */
final class BlockAllReduce implements AllReduce {
  private static final int MAX_REPLICAS = 1 << 10;

  private final BarrierTaskContext tasks;
  private final int rank;
  private final int replicas;
  private final FloatBlocks blocks;
  private int step;

  BlockAllReduce(BarrierTaskContext tasks) {
    this.tasks = tasks;
    this.rank = tasks.partitionId();
    this.replicas = tasks.numPartitions();
    if (replicas > MAX_REPLICAS) {
      throw new IllegalArgumentException(
          "Invalid replicas: %d, expected at most %d".formatted(replicas, MAX_REPLICAS));
    }
    this.blocks = FloatBlocks.ofTask(tasks);
  }

  @Override
  public Gradients sum(Gradients mine) {
    int scales = mine.scales().length;
    float[] values = Arrays.copyOf(mine.scales(), scales + mine.lut().length);
    System.arraycopy(mine.lut(), 0, values, scales, mine.lut().length);

    blocks.age();
    for (int owner = 0; owner < replicas; owner++) {
      if (owner != rank) {
        blocks.put(id(rank, owner), part(values, owner));
      }
    }
    // The only barrier of a step, for each takes a second: Spark looks that seldom whether it is
    // over.
    double[] losses = losses(values.length, mine.losses());
    blocks.clearAged(); // all replicas have what they needed of the last step
    FloatBuffer sum = sumOfPart(values);
    blocks.put(id(rank, rank), sum);
    part(values, rank).put(sum.duplicate());
    for (int owner = 0; owner < replicas; owner++) {
      if (owner != rank) {
        part(values, owner).put(blocks.get(id(owner, owner), part(values, owner).remaining()));
      }
    }
    step++;
    return new Gradients(
        Arrays.copyOf(values, scales), Arrays.copyOfRange(values, scales, values.length), losses);
  }

  /**
   * Waits until all replicas have the last sums; with a replica that ends before, its blocks go.
   */
  void finish() {
    tasks.barrier();
  }

  // In order of the replicas, so that each sum of floats is rounded as if one replica added all.
  private FloatBuffer sumOfPart(float[] values) {
    FloatBuffer own = part(values, rank);
    float[] sum = new float[own.remaining()];
    for (int from = 0; from < replicas; from++) {
      FloatBuffer next = from == rank ? own : blocks.get(id(from, rank), sum.length);
      if (from == 0) {
        next.get(sum);
      } else {
        for (int i = 0; i < sum.length; i++) {
          sum[i] += next.get(i);
        }
      }
    }
    return FloatBuffer.wrap(sum);
  }

  /** The values that a replica adds up. */
  private FloatBuffer part(float[] values, int owner) {
    int from = (int) ((long) values.length * owner / replicas);
    int to = (int) ((long) values.length * (owner + 1) / replicas);
    return FloatBuffer.wrap(values, from, to - from).slice();
  }

  /** All replicas' losses, one after the other. */
  private double[] losses(int values, double[] mine) {
    String message =
        Stream.concat(
                Stream.of(Integer.toString(values)), Arrays.stream(mine).mapToObj(Double::toString))
            .collect(Collectors.joining(" "));
    List<double[]> losses = new ArrayList<>();
    for (String reply : tasks.allGather(message)) {
      String[] words = reply.split(" ");
      if (Integer.parseInt(words[0]) != values) {
        throw new IllegalArgumentException(
            "Invalid gradients: %s values, expected %d".formatted(words[0], values));
      }
      losses.add(Arrays.stream(words).skip(1).mapToDouble(Double::parseDouble).toArray());
    }
    return losses.stream().flatMapToDouble(DoubleStream::of).toArray();
  }

  // Of this attempt alone: blocks of an earlier one may be left on an executor.
  private StreamBlockId id(int from, int owner) {
    long attempt = (long) tasks.stageAttemptNumber() << 31 | step;
    return new StreamBlockId(
        tasks.stageId(), (attempt * MAX_REPLICAS + from) * MAX_REPLICAS + owner);
  }
}
