package io.qtrace.job.train;

import io.qtrace.job.train.recipe.Gradients;

/** How replicas add up their gradients. */
@FunctionalInterface
public interface AllReduce {
  /** The sum of all replicas' gradients, in order of the replicas: the same on each of them. */
  Gradients sum(Gradients mine);
}
