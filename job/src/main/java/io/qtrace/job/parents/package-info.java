/**
 * Parents of checkpoints, found from their weights.
 *
 * <p>Candidates come from contents that sketches share and from the numbers that training moves;
 * each candidate is explained, on the executors, by the operation that leaves the fewest tensors
 * unexplained; the cheapest tree over the candidates gives every checkpoint one parent, without
 * circles.
 */
package io.qtrace.job.parents;
