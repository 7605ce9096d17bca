package io.qtrace.job.parents;

import com.dynatrace.hash4j.hashing.HashStream128;
import com.dynatrace.hash4j.hashing.HashValue128;
import com.dynatrace.hash4j.hashing.Hashing;
import io.qtrace.job.compare.CheckpointFacts;
import io.qtrace.job.compare.TensorFacts;
import io.qtrace.job.operations.Side;
import io.qtrace.lut.Category;
import io.qtrace.lut.LayerLut;
import io.qtrace.lut.LutDeltas;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * A summary of a checkpoint in a few numbers, from which candidates for its parent are found.
 * Version {@value #VERSION}.
 *
 * @param content equal for checkpoints with equal tensors: 32 hexadecimal digits of XXH3-128 over
 *     name, dtype, fingerprint and shape of each tensor, by name, those of a moving average last
 * @param keys checkpoints that share a key likely share tensors: for each category a hash of its
 *     tensors, then the {@value #SAMPLES} smallest of as many different hashes of single tensors
 *     (MinHash)
 * @param projection of the numbers that training moves, [{@value #DIMENSIONS}]: distances of
 *     projections are about those of the numbers
 * @param trained how far the LUTs in use are from the stored ones, in the unit of the projection
 * @param tensors how many it has
 * @param shadow whether its file also has a moving average
 */
public record Sketch(
    String content,
    List<Long> keys,
    float[] projection,
    double trained,
    int tensors,
    boolean shadow)
    implements Serializable {
  /** Version of the algorithm; sketches of different versions are not comparable. */
  public static final int VERSION = 1;

  static final int DIMENSIONS = 64;
  static final int SAMPLES = 16;

  private static final int DIMENSION_BITS = 6;
  private static final long GOLDEN = 0x9E3779B97F4A7C15L;

  public Sketch {
    Objects.requireNonNull(content, "content");
    keys = List.copyOf(keys);
    if (projection.length != DIMENSIONS) {
      throw new IllegalArgumentException(
          "Invalid projection: %d numbers, expected %d".formatted(projection.length, DIMENSIONS));
    }
  }

  /** The sketch of a measured checkpoint. */
  public static Sketch of(CheckpointFacts facts) {
    List<TensorFacts> tensors = new ArrayList<>(facts.tensors().values());
    tensors.sort((one, other) -> one.name().compareTo(other.name()));
    HashStream128 all = Hashing.xxh3_128().hashStream();
    Map<Category, HashStream128> categories = new EnumMap<>(Category.class);
    long[] samples = new long[SAMPLES];
    Arrays.fill(samples, Long.MAX_VALUE);
    for (TensorFacts tensor : tensors) {
      put(all, tensor);
      put(
          categories.computeIfAbsent(tensor.category(), c -> Hashing.xxh3_128().hashStream()),
          tensor);
      long hash = put(Hashing.xxh3_128().hashStream(), tensor).get().getAsLong();
      for (int i = 0; i < SAMPLES; i++) {
        samples[i] = Math.min(samples[i], mixed(hash + i * GOLDEN));
      }
    }
    facts.shadow().values().stream()
        .sorted((one, other) -> one.name().compareTo(other.name()))
        .forEach(copy -> put(all, copy));
    List<Long> keys = new ArrayList<>();
    categories.forEach(
        (category, hash) -> keys.add(mixed(hash.get().getAsLong() + category.ordinal())));
    Arrays.stream(samples).filter(sample -> sample != Long.MAX_VALUE).forEach(keys::add);
    Side side = new Side(facts);
    return new Sketch(
        digits(all.get()),
        keys,
        projection(MovingNumbers.of(side)),
        trained(side),
        tensors.size(),
        !facts.shadow().isEmpty());
  }

  private static HashStream128 put(HashStream128 hash, TensorFacts tensor) {
    hash.putString(tensor.name()).putString(tensor.dtype().label()).putString(tensor.fingerprint());
    tensor.shape().sizes().forEach(hash::putLong);
    return hash;
  }

  // The finalizer of SplitMix64.
  private static long mixed(long hash) {
    long z = (hash ^ (hash >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  private static String digits(HashValue128 hash) {
    return "%016x%016x".formatted(hash.getMostSignificantBits(), hash.getLeastSignificantBits());
  }

  // Each number goes to one dimension, by a hash of its position, with a sign: distances stay about
  // the same.
  private static float[] projection(MovingNumbers numbers) {
    float[] projection = new float[DIMENSIONS];
    numbers
        .parts()
        .forEach(
            (name, part) -> {
              for (int i = 0; i < part.length; i++) {
                long hash = mixed((long) name.hashCode() << Integer.SIZE | i);
                boolean minus = (hash >>> (Long.SIZE - DIMENSION_BITS - 1) & 1) == 1;
                projection[(int) (hash >>> (Long.SIZE - DIMENSION_BITS))] +=
                    minus ? -part[i] : part[i];
              }
            });
    return projection;
  }

  private static double trained(Side side) {
    return MovingNumbers.LUT_WEIGHT
        * MovingNumbers.luts(side).values().stream().mapToDouble(Sketch::trained).sum();
  }

  // How far training took a layer's LUT from the stored one: 0 where it does not train.
  private static double trained(LayerLut lut) {
    return lut.deltas()
        .map(
            deltas ->
                Math.sqrt(
                    MovingNumbers.squared(
                        deltas.positive(lut.training()),
                        LutDeltas.initial(lut.lut(), lut.training()).positive(lut.training()))))
        .orElse(0.0);
  }

  /** The approximate squared distance of the numbers that training moves. */
  double roughly(Sketch other) {
    return MovingNumbers.squared(projection, other.projection);
  }

  /** Approximate position of this sketch along the line from one sketch to another, in any unit. */
  double along(Sketch from, Sketch to) {
    double dot = 0;
    for (int i = 0; i < DIMENSIONS; i++) {
      dot += (double) projection[i] * (to.projection[i] - from.projection[i]);
    }
    return dot;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Sketch that
        && content.equals(that.content)
        && keys.equals(that.keys)
        && Arrays.equals(projection, that.projection)
        && trained == that.trained
        && tensors == that.tensors
        && shadow == that.shadow;
  }

  @Override
  public int hashCode() {
    return content.hashCode();
  }
}
