/**
 * What an audit has done on the executors: indexes, comparisons of tensors in ranges, indices
 * recomputed. In go checkpoints and pairs of them, out come facts of tensors and comparisons; what
 * they mean is judged elsewhere.
 */
package io.qtrace.job.compare;
