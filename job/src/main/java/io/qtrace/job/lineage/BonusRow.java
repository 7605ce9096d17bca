package io.qtrace.job.lineage;

import java.io.Serializable;
import java.util.List;

/** One further comparison of an experiment, in table {@code experiments}. */
public record BonusRow(
    String title,
    @ColumnComment("path as given") String leftCheckpoint,
    @ColumnComment("path as given") String rightCheckpoint,
    @ColumnComment("missing files; if there are any, nothing was compared") List<String> missing,
    @ColumnComment("_Q buffers in both checkpoints with the same numbers") Long qUnchanged,
    @ColumnComment("_Q buffers in both checkpoints with other numbers") Long qChanged)
    implements Serializable {
  public BonusRow {
    missing = List.copyOf(missing);
  }
}
