package io.qtrace.job.train.recipe;

import ai.djl.ndarray.NDArray;

/** A linear layer without bias. */
@FunctionalInterface
interface LinearLayer {
  /** From [tokens, in] to [tokens, out]. */
  NDArray apply(NDArray x);
}
