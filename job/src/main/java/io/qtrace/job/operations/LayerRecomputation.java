package io.qtrace.job.operations;

import io.qtrace.arrow.ReadOptions;
import io.qtrace.compare.AveragedCheck;
import io.qtrace.compare.CheckResult;
import io.qtrace.compare.DequantizedCheck;
import io.qtrace.compare.HalvedCheck;
import io.qtrace.compare.IndicesCheck;
import io.qtrace.compare.LayerRows;
import io.qtrace.compare.LookupCheck;
import io.qtrace.compare.QuantizedLayer;
import io.qtrace.compare.RescaledCheck;
import io.qtrace.compare.Ulps;
import io.qtrace.io.ObjectStore;
import io.qtrace.job.compare.Recomputation;
import io.qtrace.tensor.TensorEntry;
import java.io.IOException;
import java.io.Serializable;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * Numbers of one layer that are recomputed.
 *
 * @param missing a tensor that is not there; empty where all are
 * @param check how they are; empty where a tensor is missing
 */
record LayerRecomputation(Optional<String> missing, Optional<Check> check)
    implements Recomputation {
  /** A rule for one matrix, of which rows are checked in any order. */
  interface Check extends Serializable {
    /** The matrix that is checked. */
    TensorEntry target();

    Optional<String> obstacle();

    Set<String> files();

    /** Elements of rows that are not as recomputed, and how far the others are rounded. */
    CheckResult check(LayerRows rows, long from, long to) throws IOException;
  }

  /** A rule for a matrix that one other matrix of its shape gives. */
  interface OfPair extends Check {
    /** What the target is computed from, element by element. */
    TensorEntry other();

    @Override
    default Optional<String> obstacle() {
      boolean fit = target().shape().rank() == 2 && target().shape().equals(other().shape());
      return fit && target().elements() > 0
          ? Optional.empty()
          : Optional.of("shapes do not fit: %s, %s".formatted(target().shape(), other().shape()));
    }

    @Override
    default Set<String> files() {
      return new TreeSet<>(List.of(target().storage().file(), other().storage().file()));
    }
  }

  /** A check of tensors that were looked up. */
  static LayerRecomputation of(Ends ends, Function<LayerTensors, Check> check) {
    try {
      return new LayerRecomputation(
          Optional.empty(), Optional.of(check.apply(new LayerTensors(ends))));
    } catch (LayerTensors.Missing missing) {
      return new LayerRecomputation(Optional.of(missing.getMessage()), Optional.empty());
    }
  }

  @Override
  public Optional<String> obstacle() {
    return missing.map("no "::concat).or(() -> check.orElseThrow().obstacle());
  }

  @Override
  public Set<String> files() {
    return check.orElseThrow().files();
  }

  @Override
  public long rows() {
    return check.orElseThrow().target().shape().sizes().get(0);
  }

  @Override
  public long rowBytes() {
    TensorEntry target = check.orElseThrow().target();
    return 2 * target.shape().sizes().get(1) * target.dtype().bytes();
  }

  @Override
  public Result run(ObjectStore store, long memoryBytes, ReadOptions options, long from, long to)
      throws IOException {
    try (LayerRows rows = new LayerRows(store, memoryBytes, options)) {
      CheckResult found = check.orElseThrow().check(rows, from, to);
      return new Result(found.others(), found.rounded(), rows.bytesRead());
    }
  }

  /** Indices, or {@code _Q}, nearest to what was quantized. */
  record Nearest(QuantizedLayer layer) implements Check {
    @Override
    public TensorEntry target() {
      return layer.target();
    }

    @Override
    public Optional<String> obstacle() {
      return layer.obstacle();
    }

    @Override
    public Set<String> files() {
      return layer.files();
    }

    @Override
    public CheckResult check(LayerRows rows, long from, long to) throws IOException {
      return new IndicesCheck(rows).run(layer, from, to);
    }
  }

  /** A weight that is {@code _Q} times the scales. */
  record Product(DequantizedCheck.Layer layer) implements Check {
    @Override
    public TensorEntry target() {
      return layer.weight();
    }

    @Override
    public Optional<String> obstacle() {
      return layer.obstacle();
    }

    @Override
    public Set<String> files() {
      return layer.files();
    }

    @Override
    public CheckResult check(LayerRows rows, long from, long to) throws IOException {
      return new DequantizedCheck(rows).run(layer, from, to);
    }
  }

  /** A {@code _Q} that is a table's entries at its indices, the other matrix. */
  record LookedUp(TensorEntry target, TensorEntry other, List<Float> table) implements OfPair {
    @Override
    public CheckResult check(LayerRows rows, long from, long to) throws IOException {
      return new CheckResult(new LookupCheck(rows).run(target, other, table, from, to), Ulps.NONE);
    }
  }

  /** A matrix rounded to float16. */
  record Halved(TensorEntry target, TensorEntry other) implements OfPair {
    @Override
    public CheckResult check(LayerRows rows, long from, long to) throws IOException {
      return new CheckResult(new HalvedCheck(rows).run(target, other, from, to), Ulps.NONE);
    }
  }

  /** A tensor that is a weighted sum of others. */
  record Averaged(TensorEntry average, List<AveragedCheck.Term> terms, double slack)
      implements Check {
    @Override
    public TensorEntry target() {
      return AveragedCheck.matrix(average);
    }

    @Override
    public Optional<String> obstacle() {
      return AveragedCheck.obstacle(average, terms);
    }

    @Override
    public Set<String> files() {
      Set<String> files = new TreeSet<>(Set.of(average.storage().file()));
      terms.forEach(term -> files.add(term.tensor().storage().file()));
      return files;
    }

    @Override
    public CheckResult check(LayerRows rows, long from, long to) throws IOException {
      return new AveragedCheck(rows).run(average, terms, slack, from, to);
    }
  }

  /** A tensor of which rows and columns were multiplied by factors. */
  record Rescaled(RescaledCheck.Layer layer) implements Check {
    @Override
    public TensorEntry target() {
      return AveragedCheck.matrix(layer.tensor().after());
    }

    @Override
    public Optional<String> obstacle() {
      return layer.obstacle();
    }

    @Override
    public Set<String> files() {
      return layer.files();
    }

    @Override
    public CheckResult check(LayerRows rows, long from, long to) throws IOException {
      return new RescaledCheck(rows).run(layer, from, to);
    }
  }
}
