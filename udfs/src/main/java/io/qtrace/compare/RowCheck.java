package io.qtrace.compare;

import io.qtrace.tensor.TensorEntry;
import java.io.IOException;
import java.io.Serializable;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What a matrix is computed from, of which rows are recomputed in any order. */
public interface RowCheck extends Serializable {
  /** The matrix that is checked, [rows, columns]. */
  TensorEntry target();

  /** The tensors that are read, the target among them. */
  Stream<TensorEntry> tensors();

  /** Why the target cannot be computed from these tensors; empty where it can. */
  Optional<String> obstacle();

  /**
   * Elements of rows that are not as recomputed, of a check without an {@link #obstacle}.
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
}
