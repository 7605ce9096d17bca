package io.qtrace.job.lineage;

import java.util.List;

/** Table {@code tensors}. */
@ColumnComment("One row per tensor of a checkpoint")
record TensorRow(
    String auditId,
    String checkpointId,
    @ColumnComment("path of the checkpoint below the archive's root") String path,
    String name,
    @ColumnComment("lut_deltas, lut, q, indices, scale or other, as the policy defines")
        String category,
    String dtype,
    List<Long> shape,
    long elements,
    long bytes,
    @ColumnComment("x1: and the XXH3-128 of the digests of 1 MiB leaves") String fingerprint,
    @Inline StatsRow stats,
    @ColumnComment("the elements in C order, if there are 64 or fewer") List<Double> values,
    @ColumnComment("position among the tensors of the file, from 0; null in rows of older versions")
        Integer position,
    @ColumnComment(
            "the copy of the model in the file that the tensor belongs to, such as ema; null for"
                + " tensors of the model itself")
        String section,
    @ColumnComment("L2 norm of scales; null for other categories and in rows of older versions")
        Double norm,
    @ColumnComment(
            "how often each index from 0 to the greatest occurs in _indices, where all are from 0 to"
                + " 255; null for other categories and in rows of older versions")
        List<Long> indexCounts) {
  /** Statistics of the elements. */
  record StatsRow(
      @ColumnComment("smallest number, ignoring NaN; NaN if there is none") double min,
      double max,
      double sum,
      @ColumnComment("number of NaN") long nan,
      @ColumnComment("number of infinities") long inf,
      long zeros,
      @ColumnComment("index in C order of the first NaN or infinity; null if there is none")
          Long firstNotFinite) {}
}
