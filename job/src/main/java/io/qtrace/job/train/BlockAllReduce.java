package io.qtrace.job.train;

import io.qtrace.job.train.recipe.Gradients;
import java.nio.FloatBuffer;
import java.util.Arrays;
import org.apache.spark.BarrierTaskContext;
import org.apache.spark.storage.StreamBlockId;

/**
 * Adds gradients up by a reduce-scatter and an all-gather: of N replicas each adds up one N-th of
 * the values, and takes the other sums from those that added them. The values travel as blocks,
 * from executor to executor; each replica sends and receives 2 (N-1)/N of a gradient. The driver
 * only says where the blocks are. Only the gradients of scales and LUT deltas travel. No step waits
 * for a barrier, which takes a second: Spark looks that seldom whether it is over.
 */
final class BlockAllReduce implements AllReduce {
  private static final int MAX_REPLICAS = 1 << 10;
  private static final double[] NO_LOSSES = {};

  private final BarrierTaskContext tasks;
  private final int rank;
  private final int replicas;
  private final TaskBlocks blocks;
  private int step;

  BlockAllReduce(BarrierTaskContext tasks) {
    this.tasks = tasks;
    this.rank = tasks.partitionId();
    this.replicas = tasks.numPartitions();
    if (replicas > MAX_REPLICAS) {
      throw new IllegalArgumentException(
          "Invalid replicas: %d, expected at most %d".formatted(replicas, MAX_REPLICAS));
    }
    this.blocks = TaskBlocks.ofTask(tasks);
  }

  @Override
  public Gradients sum(Gradients mine) {
    int scales = mine.scales().length;
    float[] values = Arrays.copyOf(mine.scales(), scales + mine.lut().length);
    System.arraycopy(mine.lut(), 0, values, scales, mine.lut().length);

    blocks.age();
    for (int owner = 0; owner < replicas; owner++) {
      if (owner != rank) {
        put(id(rank, owner), values, owner, mine.losses());
      }
    }
    double[][] losses = new double[replicas][];
    losses[rank] = mine.losses();
    part(values, rank).put(sumOfPart(values, losses));
    blocks.clearAged(); // a replica that sent a share of this step needs none of the last one
    put(id(rank, rank), values, rank, NO_LOSSES);
    for (int owner = 0; owner < replicas; owner++) {
      if (owner != rank) {
        part(values, owner).put(get(id(owner, owner), values, owner).values());
      }
    }
    step++;
    return new Gradients(
        Arrays.copyOf(values, scales),
        Arrays.copyOfRange(values, scales, values.length),
        Arrays.stream(losses).flatMapToDouble(Arrays::stream).toArray());
  }

  /**
   * Waits until all replicas have the last sums; with a replica that ends before, its blocks go.
   */
  void finish() {
    tasks.barrier();
  }

  // In order of the replicas, so that each sum of floats is rounded as if one replica added all.
  private float[] sumOfPart(float[] values, double[][] losses) {
    float[] sum = new float[part(values, rank).remaining()];
    for (int from = 0; from < replicas; from++) {
      FloatBuffer next = part(values, rank);
      if (from != rank) {
        GradientShare share = get(id(from, rank), values, rank);
        losses[from] = share.losses();
        next = share.values();
      }
      if (from == 0) {
        next.get(sum);
      } else {
        for (int i = 0; i < sum.length; i++) {
          sum[i] += next.get(i);
        }
      }
    }
    return sum;
  }

  private void put(StreamBlockId id, float[] values, int owner, double[] losses) {
    blocks.put(id, new GradientShare(values.length, losses, part(values, owner)).bytes());
  }

  private GradientShare get(StreamBlockId id, float[] values, int owner) {
    return GradientShare.of(blocks.get(id), values.length, part(values, owner).remaining());
  }

  /** The values that a replica adds up. */
  private FloatBuffer part(float[] values, int owner) {
    int from = (int) ((long) values.length * owner / replicas);
    int to = (int) ((long) values.length * (owner + 1) / replicas);
    return FloatBuffer.wrap(values, from, to - from).slice();
  }

  // Only blocks of this attempt: an executor may still have those of an earlier one.
  private StreamBlockId id(int from, int owner) {
    long attempt = (long) tasks.stageAttemptNumber() << 31 | step;
    return new StreamBlockId(
        tasks.stageId(), (attempt * MAX_REPLICAS + from) * MAX_REPLICAS + owner);
  }
}
