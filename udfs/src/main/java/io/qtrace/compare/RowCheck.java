package io.qtrace.compare;

import io.qtrace.tensor.Shape;
import io.qtrace.tensor.TensorEntry;
import java.io.IOException;
import java.io.Serializable;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Checks a matrix against what it was computed from; rows are recomputed in any order. */
public interface RowCheck extends Serializable {
  /** The matrix that is checked, [rows, columns]. */
  TensorEntry target();

  /** The tensors that are read, the target among them. */
  Stream<TensorEntry> tensors();

  /** Why the target cannot be computed from these tensors; empty if it can. */
  Optional<String> obstacle();

  /**
   * Checks some rows; may only be called without an {@link #obstacle}.
   *
   * @param from first row
   * @param to row after the last
   */
  CheckResult run(LayerRows rows, long from, long to) throws IOException;

  /** Files that the tensors lie in. */
  default Set<String> files() {
    return tensors()
        .map(tensor -> tensor.storage().file())
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** An obstacle of shapes. */
  static Optional<String> unfit(Stream<TensorEntry> tensors) {
    return Optional.of(
        tensors
            .map(tensor -> tensor.name() + " " + tensor.shape())
            .collect(Collectors.joining(", ", "shapes do not fit: ", "")));
  }

  /** The tensor as a matrix: its first dimension, and all others; one row where it has only one. */
  static TensorEntry matrix(TensorEntry tensor) {
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

  /** Whether two tensors are matrices of one shape, with elements. */
  static boolean isMatrixOf(TensorEntry one, TensorEntry other) {
    return one.shape().rank() == 2 && one.shape().equals(other.shape()) && one.elements() > 0;
  }

  /** Rows of a {@link #matrix}. */
  static long rows(TensorEntry tensor) {
    return matrix(tensor).shape().sizes().get(0);
  }

  /** Columns of a {@link #matrix}. */
  static long columns(TensorEntry tensor) {
    return matrix(tensor).shape().sizes().get(1);
  }
}
