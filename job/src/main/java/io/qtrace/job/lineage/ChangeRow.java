package io.qtrace.job.lineage;

import io.qtrace.job.judge.EdgeEnds;
import java.util.List;

/** Table {@code changes}. */
@ColumnComment("One row per edge and tensor that is not IDENTICAL; left is the parent")
record ChangeRow(
    String auditId,
    @Inline EdgeEnds ends,
    String name,
    String category,
    @ColumnComment("EQUAL, CHANGED, RESHAPED, ADDED or REMOVED") String status,
    @Inline("left_") SideRow left,
    @Inline("right_") SideRow right,
    @Inline DifferenceRow difference) {
  /** One side; null where the tensor was added or removed. */
  record SideRow(String dtype, List<Long> shape, Long nan, Long inf, String fingerprint) {}

  /** How the numbers differ; null unless both sides have the tensor in one shape. */
  record DifferenceRow(
      @ColumnComment("elements compared; null unless both sides have the tensor in one shape")
          Long elements,
      Long changedElements,
      @ColumnComment("largest |left - right|") Double maxAbs,
      Double meanAbs,
      Double sumAbs,
      @ColumnComment("index in C order of the first changed element") Long firstChanged,
      @ColumnComment("distinct values of left - right, if fewer than 100 elements changed")
          List<Double> differences) {}
}
