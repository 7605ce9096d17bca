package io.qtrace.job.lineage;

import java.io.Serializable;
import java.util.List;

/** One further comparison of an experiment, in table {@code experiments}. */
public record BonusRow(
    String title,
    @ColumnComment("as it was given") String leftCheckpoint,
    @ColumnComment("as it was given") String rightCheckpoint,
    @ColumnComment("files that are not there; then nothing was compared") List<String> missing,
    @ColumnComment("_Q buffers on both sides whose numbers are the same") Long qUnchanged,
    @ColumnComment("_Q buffers on both sides whose numbers differ") Long qChanged)
    implements Serializable {
  public BonusRow {
    missing = List.copyOf(missing);
  }
}
