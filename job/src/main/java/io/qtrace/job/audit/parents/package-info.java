/**
 * Parents of checkpoints, found from their weights.
 *
 * <p>Candidates come from shared contents (one Spark job) and from nearness of small tensors; each
 * candidate is explained by the kind of edge that leaves the fewest tensors unexplained; the
 * cheapest tree over the candidates gives every checkpoint one parent, without circles.
 */
package io.qtrace.job.audit.parents;
