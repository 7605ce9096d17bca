/**
 * Knowledge distillation (KD) caches: where they are, how they are fetched, and their examples in a
 * reproducible order. A cache is not trusted: shapes, dtypes and every index are checked before a
 * device sees them.
 */
package io.qtrace.job.train.data;
