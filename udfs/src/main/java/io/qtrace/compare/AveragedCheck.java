package io.qtrace.compare;

import io.qtrace.io.CloseStack;
import io.qtrace.kernel.MismatchAccumulator;
import io.qtrace.tensor.DType;
import io.qtrace.tensor.Shape;
import io.qtrace.tensor.TensorEntry;
import java.io.IOException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Checks a tensor against the weighted sum of others, but for rounding.
 *
 * @param average what is checked
 * @param terms of its shape
 * @param slack how far the weights may be off
 */
public record AveragedCheck(TensorEntry average, List<Term> terms, double slack)
    implements RowCheck {
  /** A tensor that is averaged, and its weight. */
  public record Term(TensorEntry tensor, double weight) implements Serializable {}

  @Override
  public TensorEntry target() {
    return matrix(average);
  }

  @Override
  public Stream<TensorEntry> tensors() {
    return Stream.concat(Stream.of(average), terms.stream().map(Term::tensor));
  }

  @Override
  public Optional<String> obstacle() {
    boolean fit =
        average.elements() > 0
            && matrix(average).shape().sizes().get(1) <= QuantizedLayer.MAX_ROW
            && terms.stream().allMatch(term -> term.tensor().shape().equals(average.shape()));
    if (!fit) {
      return RowCheck.unfit(tensors());
    }
    return isNarrow(average) && terms.stream().allMatch(term -> isNarrow(term.tensor()))
        ? Optional.empty()
        : Optional.of("averages of %s are not recomputed".formatted(average.dtype().label()));
  }

  // Whether float32 holds its elements.
  private static boolean isNarrow(TensorEntry tensor) {
    return tensor.dtype().kind() == DType.Kind.FLOAT && tensor.dtype() != DType.FLOAT64;
  }

  /** The tensor as a matrix: its first dimension, and all others; one row where it has only one. */
  public static TensorEntry matrix(TensorEntry tensor) {
    List<Long> sizes = tensor.shape().sizes();
    if (sizes.size() == 2) {
      return tensor;
    }
    boolean row = sizes.size() < 2 || !tensor.isContiguous();
    long rows = row ? 1 : sizes.get(0);
    long columns = tensor.elements() / Math.max(1, rows);
    long stride = sizes.size() == 1 ? tensor.stride().get(0) : 1;
    return new TensorEntry(
        tensor.name(),
        tensor.dtype(),
        Shape.of(rows, columns),
        List.of(columns * stride, stride),
        tensor.offset(),
        tensor.storage());
  }

  @Override
  public CheckResult run(LayerRows reader, long from, long to) throws IOException {
    MismatchAccumulator found = new MismatchAccumulator();
    Ulps rounded = Ulps.NONE;
    try (CloseStack open = new CloseStack()) {
      LayerRows.Rows after = open.add(reader.rows(matrix(average), from, to));
      List<LayerRows.Rows> before = new ArrayList<>();
      for (Term term : terms) {
        before.add(open.add(reader.rows(matrix(term.tensor()), from, to)));
      }
      float[][] rows = new float[terms.size()][];
      for (long row = from; row < to; row++) {
        float[] stored = after.next();
        for (int i = 0; i < rows.length; i++) {
          rows[i] = before.get(i).next();
        }
        for (int i = 0; i < stored.length; i++) {
          double exact = 0;
          double least = Double.POSITIVE_INFINITY;
          double most = Double.NEGATIVE_INFINITY;
          for (int term = 0; term < rows.length; term++) {
            exact += terms.get(term).weight() * rows[term][i];
            least = Math.min(least, rows[term][i]);
            most = Math.max(most, rows[term][i]);
          }
          double off = Math.abs(stored[i] - exact);
          // A tool rounds each product and each sum.
          double largest = Math.max(Math.abs(least), Math.abs(most));
          double allowed =
              (rows.length + 1) * Ulps.of(average.dtype(), largest) + slack * (most - least);
          if (off <= allowed) {
            rounded = rounded.plus(off / Ulps.of(average.dtype(), exact));
          } else if (!(Double.isNaN(exact) && Float.isNaN(stored[i])) && exact != stored[i]) {
            found.add(row * stored.length + i, stored[i], exact);
          }
        }
      }
    }
    return new CheckResult(found.partial(), rounded);
  }
}
