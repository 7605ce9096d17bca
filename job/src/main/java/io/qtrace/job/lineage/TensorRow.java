package io.qtrace.job.lineage;

import java.util.List;

/** Table {@code tensors}. */
@ColumnComment("One row a tensor of a checkpoint")
record TensorRow(
    String auditId,
    String checkpointId,
    @ColumnComment("path of the checkpoint below the archive's root") String path,
    String name,
    @ColumnComment("lut_deltas, lut, q, indices, scale or other, by the policy") String category,
    String dtype,
    List<Long> shape,
    long elements,
    long bytes,
    @ColumnComment("x1: XXH3-128 of 1 MiB leaves, then of their digests") String fingerprint,
    @Inline StatsRow stats,
    @ColumnComment("the elements in C order, when 64 or fewer") List<Double> values,
    @ColumnComment("position among the tensors of the file, from 0; null in rows of older versions")
        Integer position,
    @ColumnComment(
            "where the file has a copy of the model, such as ema, of which it is a tensor; null for"
                + " those of the model")
        String section,
    @ColumnComment("L2 norm of scales; null for other categories and in rows of older versions")
        Double norm,
    @ColumnComment(
            "how often each index from 0 to the greatest occurs in _indices, where all are from 0 to"
                + " 255; null for other categories and in rows of older versions")
        List<Long> indexCounts) {
  /** Statistics of the elements. */
  record StatsRow(
      @ColumnComment("smallest number, NaN left out; NaN when there is none") double min,
      double max,
      double sum,
      @ColumnComment("how many NaN") long nan,
      @ColumnComment("how many infinities") long inf,
      long zeros,
      @ColumnComment("index in C order of the first NaN or infinity; null where there is none")
          Long firstNotFinite) {}
}
