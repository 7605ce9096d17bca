package io.qtrace.job.operations;

import io.qtrace.compare.Ulps;
import io.qtrace.job.compare.TensorFacts;
import io.qtrace.tensor.DType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A checkpoint as the weighted average of others, or of moving averages that they hold next to
 * their model. The weights are estimated from the facts about tensors: the sum of the elements of
 * an average is the average of the sums.
 */
public final class Mixture {
  private static final double KEPT_PART = 2.0 / 3; // part of the tensors that must be averages
  private static final double PAIR_KEPT_PART = 0.9; // the same, of two among many
  private static final int DAMAGED = 2; // maximum damaged tensors of a copy
  private static final int TWIN = 4; // times fewer tensors differ from a copy than from others
  private static final int ROWS_OF_A_TERM = 4; // fewer may be a coincidence
  private static final double ROUNDINGS = 8; // roundings of a sum or a value
  private static final double NARROW_ROUNDINGS = 2; // a sum, in dtypes of 16 bits or fewer
  private static final double NARROW_ULPS = 1.25; // a value in such a dtype
  private static final double CLOSE_ULPS = 0.75; // the same, of members that are as close:
  private static final double CLOSE_SPREAD = 4; // ulp
  private static final int NARROW_TENSORS = 4; // that it takes to be no coincidence
  private static final double CLOSE = 1 / ROUNDINGS; // one rounding
  private static final double ALIKE = 0.5; // part of what rounding allows
  private static final double CLEARLY = 4; // worse fits the average without a term that counts
  private static final double CHANCE = 12; // squares of its deviation that noise moves a weight by
  private static final double NOISE = 1 / 64.0; // of squares, where each rounding is one
  // Weights are numbers that people choose, where those fit: parts of a whole, or decimals.
  private static final int[] WHOLES = {
    2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 20, 100, 1_000, 10_000, 100_000, 1_000_000
  };

  /** Tolerance for weights that are not such numbers. */
  public static final double SLACK = 1e-5;

  private static final double NARROW_SLACK = 1; // the same, in dtypes of 16 bits or fewer

  /**
   * A term of the average.
   *
   * @param side position of the checkpoint
   * @param shadow whether it is the moving average in the same file
   */
  public record Term(int side, boolean shadow, double weight) {}

  private record Column(int side, boolean shadow, Map<String, TensorFacts> tensors) {
    boolean has(TensorFacts tensor) {
      return Optional.ofNullable(tensors.get(tensor.name())).filter(tensor::isSame).isPresent();
    }

    boolean fits(TensorFacts tensor) {
      return Optional.ofNullable(tensors.get(tensor.name()))
          .filter(own -> own.shape().equals(tensor.shape()))
          .isPresent();
    }
  }

  /**
   * A linear equation that an average satisfies.
   *
   * @param numbers of the columns minus that of the child, in units of their spread
   * @param allowed error that rounding may cause
   */
  private record Row(double[] numbers, double allowed) {}

  private final List<Column> columns;
  private final Map<String, List<Row>> rows = new LinkedHashMap<>(); // by tensor
  private final Set<String> foreign = new HashSet<>(); // with numbers outside those of all columns
  private final boolean narrow;
  private double[] weights = {};
  private List<Column> members = List.of(); // columns with a weight
  private boolean exact;

  private Mixture(List<Column> columns, List<TensorFacts> mixed) {
    this.columns = columns;
    this.narrow = mixed.stream().anyMatch(Mixture::isNarrow);
    for (TensorFacts tensor : mixed) {
      List<Row> found = rows(tensor);
      if (foreign.contains(tensor.name()) || (!found.isEmpty() && !isOfOne(found))) {
        rows.put(tensor.name(), found);
      }
    }
  }

  // Whether rounding is all that distinguishes a tensor from a checkpoint's: averages of what does
  // not train are so.
  private boolean isOfOne(List<Row> some) {
    return IntStream.range(0, columns.size())
        .filter(i -> !columns.get(i).shadow())
        .anyMatch(i -> some.stream().allMatch(row -> Math.abs(row.numbers()[i]) <= row.allowed()));
  }

  // Checkpoints and moving averages that have most of the child's tensors.
  private static List<Column> columns(List<Side> sides, Side child) {
    List<String> floats = floats(child).map(TensorFacts::name).toList();
    List<Column> columns = new ArrayList<>();
    for (int i = 0; i < sides.size(); i++) {
      columns.add(new Column(i, false, sides.get(i).facts().tensors()));
      columns.add(new Column(i, true, sides.get(i).facts().shadow()));
    }
    columns.removeIf(
        column -> {
          long common = floats.stream().filter(column.tensors()::containsKey).count();
          return common == 0 || 2 * common < floats.size() || isTwin(column, child);
        });
    return columns;
  }

  // A copy of the child of which a tensor or two are damaged, or the other way round.
  private static boolean isTwin(Column column, Side child) {
    return !column.shadow()
        && floats(child).filter(tensor -> !column.has(tensor)).count() <= DAMAGED;
  }

  private static Stream<TensorFacts> floats(Side child) {
    return child.facts().tensors().values().stream().filter(tensor -> tensor.dtype().isFloat());
  }

  // Tensors that no checkpoint has: what does not train does not determine the weights.
  private static List<TensorFacts> mixed(List<Column> columns, Side child) {
    return floats(child)
        .filter(tensor -> columns.stream().noneMatch(one -> !one.shadow() && one.has(tensor)))
        .toList();
  }

  // Those that have what is averaged, as an equation is of all columns: the initial checkpoint has
  // no deltas. A moving average need not have tied weights.
  private static List<Column> complete(List<Column> columns, List<TensorFacts> mixed) {
    List<TensorFacts> common =
        mixed.stream()
            .filter(tensor -> columns.stream().filter(one -> one.fits(tensor)).count() > 1)
            .toList();
    return columns.stream()
        .filter(one -> one.shadow() || common.stream().allMatch(one::fits))
        .toList();
  }

  // Among columns with the same numbers, the one with the most of the child's tensors.
  private List<Column> distinct(Side child) {
    long[] kept = columns.stream().mapToLong(column -> kept(column, child)).toArray();
    Set<Integer> distinct = new TreeSet<>();
    IntStream.range(0, columns.size())
        .boxed()
        .sorted(Comparator.comparingLong(i -> -kept[i]))
        .filter(i -> distinct.stream().noneMatch(better -> isAlike(better, i)))
        .forEach(distinct::add);
    return distinct.stream().map(columns::get).toList();
  }

  private boolean isAlike(int one, int other) {
    return columns.get(one).shadow() == columns.get(other).shadow()
        && rows.values().stream()
            .flatMap(List::stream)
            .allMatch(row -> row.numbers()[one] == row.numbers()[other]);
  }

  private static long kept(Column column, Side child) {
    return floats(child).filter(column::has).count();
  }

  /** The child as an average of some of the sides; empty if it is not one. */
  public static Optional<Mixture> of(List<Side> sides, Side child) {
    List<Column> all = columns(sides, child);
    return found(all, child).or(() -> withoutTwin(all, child));
  }

  private static Optional<Mixture> found(List<Column> all, Side child) {
    List<TensorFacts> mixed = mixed(all, child);
    Mixture alike = new Mixture(complete(all, mixed), mixed);
    Mixture mixture = new Mixture(alike.distinct(child), mixed);
    if (mixture.columns.size() > 1 && mixture.find()) {
      return Optional.of(mixture);
    }
    return mixture.narrow && mixture.columns.size() > 2 ? ofPair(mixture, mixed) : Optional.empty();
  }

  // Rounding to few bits hides the weights among many checkpoints that are close to each other, but
  // between two of them lies little else than their averages.
  private static Optional<Mixture> ofPair(Mixture all, List<TensorFacts> mixed) {
    List<Mixture> pairs = new ArrayList<>();
    for (int i = 0; i < all.columns.size(); i++) {
      for (int j = 0; j < i; j++) {
        Mixture pair = new Mixture(List.of(all.columns.get(j), all.columns.get(i)), mixed);
        if (pair.find() && pair.keptPart(pair.weights) >= PAIR_KEPT_PART) {
          pairs.add(pair);
        }
      }
    }
    return pairs.stream()
        .min(
            Comparator.comparing((Mixture pair) -> -pair.keptPart(pair.weights))
                .thenComparing(pair -> pair.misfit(pair.weights)));
  }

  // A copy with more damage than that has most of what the average alone has.
  private static Optional<Mixture> withoutTwin(List<Column> all, Side child) {
    long floats = floats(child).count();
    long[] other = all.stream().mapToLong(column -> floats - kept(column, child)).toArray();
    List<Integer> nearest =
        IntStream.range(0, other.length)
            .filter(i -> !all.get(i).shadow())
            .boxed()
            .sorted(Comparator.comparingLong(i -> other[i]))
            .toList();
    if (nearest.size() < 2 || TWIN * other[nearest.get(0)] > other[nearest.get(1)]) {
      return Optional.empty();
    }
    Column twin = all.get(nearest.get(0));
    return found(all.stream().filter(column -> column != twin).toList(), child);
  }

  /** The terms of the average, with weights that sum to 1. */
  public List<Term> terms() {
    return IntStream.range(0, weights.length)
        .filter(i -> weights[i] > 0)
        .mapToObj(i -> new Term(columns.get(i).side(), columns.get(i).shadow(), weights[i]))
        .toList();
  }

  /**
   * Tolerance of the weights: zero if they are plain numbers, and rounding does not hide others.
   */
  public double slack() {
    return narrow ? NARROW_SLACK : exact ? 0 : SLACK;
  }

  /** Whether it was rounded to few bits, which may hide other members and weights. */
  boolean isNarrow() {
    return narrow;
  }

  /**
   * Whether a tensor of the child equals that of a member, byte for byte, as do those that do not
   * train.
   */
  boolean isKept(TensorFacts tensor) {
    return members.stream().anyMatch(column -> column.has(tensor));
  }

  /** Whether a tensor is an average over all members. */
  boolean isAverage(String tensor) {
    return members.stream().allMatch(column -> column.tensors().containsKey(tensor));
  }

  /** Whether a tensor is the average, as far as the facts show. */
  boolean isLikely(String tensor) {
    List<Row> found = rows.get(tensor);
    return isAverage(tensor) && (found == null || fits(tensor, found, weights));
  }

  // Equations of a float tensor that all columns have and of which any differs.
  private List<Row> rows(TensorFacts tensor) {
    List<TensorFacts> facts = new ArrayList<>();
    for (Column column : columns) {
      TensorFacts one = column.tensors().get(tensor.name());
      if (one == null
          || !one.shape().equals(tensor.shape())
          || !one.dtype().isFloat()
          || one.stats().notFinite() > 0) {
        return List.of();
      }
      facts.add(one);
    }
    if (tensor.stats().notFinite() > 0 || facts.stream().allMatch(tensor::isSame)) {
      return List.of();
    }
    double unit = unit(tensor.dtype()) * (isNarrow(tensor) ? NARROW_ROUNDINGS : ROUNDINGS);
    List<Row> found = new ArrayList<>();
    boolean all = !tensor.values().isEmpty();
    long elements = tensor.shape().elements();
    if (all && facts.stream().allMatch(one -> one.values().size() == elements)) {
      for (int i = 0; i < elements; i++) {
        int at = i;
        double[] numbers = facts.stream().mapToDouble(one -> one.values().get(at)).toArray();
        double target = tensor.values().get(i);
        if (!isNarrow(tensor)) {
          double rounding = unit * largest(numbers);
          row(numbers, target, rounding, 2 * rounding).ifPresent(found::add);
        } else if (isForeign(numbers, target, tensor.dtype())) {
          foreign.add(tensor.name());
        } else {
          double rounding = rounding(numbers, tensor.dtype());
          row(numbers, target, rounding, rounding).ifPresent(found::add);
        }
      }
    } else {
      double[] sums = facts.stream().mapToDouble(one -> one.stats().sum()).toArray();
      double largest =
          facts.stream()
              .mapToDouble(
                  one -> Math.max(Math.abs(one.stats().min()), Math.abs(one.stats().max())))
              .max()
              .orElseThrow();
      double rounding = unit * largest * Math.sqrt((double) elements);
      row(sums, tensor.stats().sum(), rounding, 2 * rounding).ifPresent(found::add);
    }
    return found;
  }

  private static boolean isNarrow(TensorFacts tensor) {
    return tensor.dtype().bytes() < DType.FLOAT32.bytes();
  }

  // Whether a number is further from those of the columns, which nearly agree, than rounding takes
  // it.
  private static boolean isForeign(double[] numbers, double target, DType dtype) {
    double rounding = CLOSE_ULPS * Ulps.of(dtype, largest(numbers));
    return spread(numbers) <= rounding
        && Arrays.stream(numbers).allMatch(one -> Math.abs(one - target) > rounding);
  }

  // What an average in few bits may be off.
  private static double rounding(double[] numbers, DType dtype) {
    double ulp = Ulps.of(dtype, largest(numbers));
    return (spread(numbers) <= CLOSE_SPREAD * ulp ? CLOSE_ULPS : NARROW_ULPS) * ulp;
  }

  private static double spread(double[] numbers) {
    return Arrays.stream(numbers).map(one -> Math.abs(one - numbers[0])).max().orElse(0);
  }

  // Empty if the columns differ by little more than rounding.
  private static Optional<Row> row(double[] numbers, double target, double rounding, double least) {
    double spread = spread(numbers);
    if (spread <= least) {
      return Optional.empty();
    }
    return Optional.of(
        new Row(
            Arrays.stream(numbers).map(one -> (one - target) / spread).toArray(),
            rounding / spread));
  }

  private static double largest(double[] numbers) {
    return Arrays.stream(numbers).map(Math::abs).max().orElse(0);
  }

  // Maximum relative error of rounding.
  private static double unit(DType dtype) {
    return switch (dtype) {
      case FLOAT64 -> 0x1p-53;
      case FLOAT32 -> 0x1p-24;
      case FLOAT16 -> 0x1p-11;
      case BFLOAT16 -> 0x1p-8;
      default -> 0x1p-4;
    };
  }

  private boolean fits(String tensor, List<Row> some, double[] weights) {
    return !foreign.contains(tensor)
        && some.stream()
            .allMatch(row -> Math.abs(Blend.residual(row.numbers(), weights)) <= row.allowed());
  }

  private boolean find() {
    List<Row> all = rows.values().stream().flatMap(List::stream).toList();
    if (all.size() < 2 * ROWS_OF_A_TERM || (narrow && rows.size() < NARROW_TENSORS)) {
      return false;
    }
    // In units of rounding error, so that each row is weighted by its precision.
    Blend blend =
        new Blend(
            all.stream()
                .map(row -> Arrays.stream(row.numbers()).map(one -> one / row.allowed()).toArray())
                .toList(),
            CLOSE);
    boolean[] used = new boolean[columns.size()];
    Arrays.fill(used, true);
    double[] found = blend.weights(used);
    if (!isMostly(found)) {
      return false;
    }
    weights = rounded(fewest(blend, needed(blend, found, used)));
    members =
        IntStream.range(0, weights.length)
            .filter(i -> weights[i] > 0)
            .mapToObj(columns::get)
            .toList();
    return isCombined() && all.size() >= ROWS_OF_A_TERM * members.size() && isMostly(weights);
  }

  // Whether most tensors are the average with some weights.
  private boolean isMostly(double[] some) {
    return keptPart(some) >= KEPT_PART;
  }

  private double keptPart(double[] some) {
    long kept =
        rows.entrySet().stream().filter(one -> fits(one.getKey(), one.getValue(), some)).count();
    return (double) kept / rows.size();
  }

  // Several checkpoints, or a moving average.
  private boolean isCombined() {
    return members.stream().map(Column::side).distinct().count() > 1
        || members.stream().anyMatch(Column::shadow);
  }

  // A moving average is itself one of checkpoints: it stands for those, where it does.
  private double[] fewest(Blend blend, double[] found) {
    double[] fewest = found;
    for (int shadow = 0; shadow < columns.size(); shadow++) {
      if (columns.get(shadow).shadow() && fewest[shadow] == 0) {
        double[] rank = fewest.clone();
        rank[shadow] = 1; // the last that is left out
        boolean[] used = new boolean[rank.length];
        for (int i = 0; i < used.length; i++) {
          used[i] = rank[i] > 0;
        }
        double[] other = needed(blend, rank, used);
        fewest = count(other) < count(fewest) ? other : fewest;
      }
    }
    return fewest;
  }

  private static long count(double[] weights) {
    return Arrays.stream(weights).filter(weight -> weight > 0).count();
  }

  // Without columns that others represent, those of the lowest rank first.
  private double[] needed(Blend blend, double[] rank, boolean[] used) {
    double[] best = blend.weights(used);
    int[] order =
        IntStream.range(0, rank.length)
            .boxed()
            .sorted((one, other) -> Double.compare(rank[one], rank[other]))
            .mapToInt(Integer::intValue)
            .toArray();
    for (int column : order) {
      used[column] = false;
      if (best[column] == 0) {
        continue;
      }
      boolean last = IntStream.range(0, used.length).noneMatch(i -> used[i]);
      double[] fewer = last ? best : blend.weights(used);
      if (!last
          && misfit(fewer) <= CLEARLY * misfit(best) + NOISE
          && (!narrow || isMostly(fewer))) {
        best = fewer;
      } else {
        used[column] = true;
      }
    }
    return best;
  }

  // Mean square deviation of the better part of the rows, in units of rounding.
  private double misfit(double[] some) {
    double[] squares =
        rows.values().stream()
            .flatMap(List::stream)
            .mapToDouble(row -> Math.pow(Blend.residual(row.numbers(), some) / row.allowed(), 2))
            .sorted()
            .toArray();
    return Arrays.stream(squares, 0, (int) Math.ceil(KEPT_PART * squares.length))
        .average()
        .orElse(0);
  }

  // Whether no row distinguishes some weights from others.
  private boolean isAlike(double[] some, double[] others) {
    return rows.values().stream()
        .flatMap(List::stream)
        .allMatch(
            row ->
                Math.abs(
                        Blend.residual(row.numbers(), some) - Blend.residual(row.numbers(), others))
                    <= row.allowed() * ALIKE);
  }

  // The misfit up to which noise explains why weights fit worse than the best ones.
  private double worst(double[] best) {
    double equations = KEPT_PART * rows.values().stream().mapToInt(List::size).sum();
    return (1 + CHANCE / equations) * misfit(best) + NOISE;
  }

  // The plainest weights that fit as well; small ones that no row distinguishes from zero are zero.
  private double[] rounded(double[] found) {
    double worst = worst(found);
    for (int whole : WHOLES) {
      double[] plain = new double[found.length];
      long sum = 0;
      for (int i = 0; i < found.length; i++) {
        long part = Math.round(found[i] * whole);
        plain[i] = (double) part / whole;
        sum += part;
      }
      if (sum == whole && isAlike(plain, found) && misfit(plain) <= worst) {
        exact = true;
        return plain;
      }
    }
    return found;
  }
}
