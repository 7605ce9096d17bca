package io.qtrace.compare;

import io.qtrace.io.CloseStack;
import io.qtrace.tensor.DType;
import io.qtrace.tensor.TensorEntry;
import java.io.IOException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Checks a tensor against the weighted sum of others, up to rounding.
 *
 * @param average the tensor to check
 * @param terms of its shape
 * @param slack tolerance of the weights
 */
public record AveragedCheck(TensorEntry average, List<Term> terms, double slack)
    implements RowCheck {
  /** A tensor that is averaged, and its weight. */
  public record Term(TensorEntry tensor, double weight) implements Serializable {}

  @Override
  public TensorEntry target() {
    return RowCheck.matrix(average);
  }

  @Override
  public Stream<TensorEntry> tensors() {
    return Stream.concat(Stream.of(average), terms.stream().map(Term::tensor));
  }

  @Override
  public Optional<String> obstacle() {
    boolean fit =
        average.elements() > 0
            && RowCheck.matrix(average).shape().sizes().get(1) <= QuantizedLayer.MAX_ROW
            && terms.stream().allMatch(term -> term.tensor().shape().equals(average.shape()));
    if (!fit) {
      return RowCheck.unfit(tensors());
    }
    return isNarrow(average) && terms.stream().allMatch(term -> isNarrow(term.tensor()))
        ? Optional.empty()
        : Optional.of("averages of %s are not recomputed".formatted(average.dtype().label()));
  }

  // Whether float32 represents its elements exactly.
  private static boolean isNarrow(TensorEntry tensor) {
    return tensor.dtype().isFloat() && tensor.dtype() != DType.FLOAT64;
  }

  @Override
  public CheckResult run(LayerRows reader, long from, long to) throws IOException {
    CheckAccumulator found = new CheckAccumulator();
    try (CloseStack open = new CloseStack()) {
      LayerRows.Rows after = open.add(reader.rows(RowCheck.matrix(average), from, to));
      List<LayerRows.Rows> before = new ArrayList<>();
      for (Term term : terms) {
        before.add(open.add(reader.rows(RowCheck.matrix(term.tensor()), from, to)));
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
            found.within(off / Ulps.of(average.dtype(), exact));
          } else if (!(Double.isNaN(exact) && Float.isNaN(stored[i])) && exact != stored[i]) {
            found.other(row * stored.length + i, stored[i], exact);
          }
        }
      }
    }
    return found.result();
  }
}
