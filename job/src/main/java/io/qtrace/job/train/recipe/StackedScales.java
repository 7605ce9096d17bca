package io.qtrace.job.train.recipe;

import ai.djl.ndarray.NDArray;
import java.util.List;

/**
 * The scales of some layers.
 *
 * @param a {@code scale_A} [layers, out, r]
 * @param b {@code scale_B} [layers, r, in]
 * @param magnitude {@code rank_magnitude} [layers, r]
 */
record StackedScales(Parameter a, Parameter b, Parameter magnitude) {
  private static final double LEAST_NORM = 1e-6;

  /** A_dir [layers, out, r]: each column of A divided by its norm. */
  NDArray leftDirections() {
    return a.value().normalize(2, 1, LEAST_NORM);
  }

  /** B_dir [layers, r, in]: each row of B divided by its norm. */
  NDArray rightDirections() {
    return b.value().normalize(2, 2, LEAST_NORM);
  }

  /** [layers, 1, r]. */
  NDArray magnitudes() {
    return magnitude.value().expandDims(1);
  }

  List<Parameter> parameters() {
    return List.of(a, b, magnitude);
  }
}
