package io.qtrace.job.train.recipe;

import java.util.Map;

/**
 * All that training has made so far: a replica that restores it continues as if it had never
 * stopped. The maps have the same keys, the names of the trained tensors in a checkpoint; all is
 * float32.
 *
 * @param steps optimizer steps done
 * @param parameters trained tensors
 * @param firstMoments AdamW's mean of each gradient
 * @param secondMoments AdamW's mean of each gradient's square
 */
public record ReplicaState(
    int steps,
    Map<String, HostTensor> parameters,
    Map<String, HostTensor> firstMoments,
    Map<String, HostTensor> secondMoments) {
  public ReplicaState {
    if (steps < 0) {
      throw new IllegalArgumentException("Invalid steps: " + steps + ", expected 0 or more");
    }
    parameters = Map.copyOf(parameters);
    firstMoments = Map.copyOf(firstMoments);
    secondMoments = Map.copyOf(secondMoments);
    if (!firstMoments.keySet().equals(parameters.keySet())
        || !secondMoments.keySet().equals(parameters.keySet())) {
      throw new IllegalArgumentException(
          "Invalid state: moments of other tensors, expected those of the parameters");
    }
  }
}
