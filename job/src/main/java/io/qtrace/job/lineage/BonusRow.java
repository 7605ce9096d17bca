package io.qtrace.job.lineage;

import java.io.Serializable;
import java.util.List;

/** One further comparison of an experiment, in table {@code experiments}. */
public record BonusRow(
    String title,
    @About("as it was given") String leftCheckpoint,
    @About("as it was given") String rightCheckpoint,
    @About("files that are not there; then nothing was compared") List<String> missing,
    @About("_Q buffers on both sides whose numbers are the same") Long qUnchanged,
    @About("_Q buffers on both sides whose numbers differ") Long qChanged)
    implements Serializable {
  public BonusRow {
    missing = List.copyOf(missing);
  }
}
