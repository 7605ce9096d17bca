package io.qtrace.job.lineage;

import io.qtrace.job.judge.QRecord;
import io.qtrace.job.judge.TensorChange;
import java.io.Serializable;
import java.util.List;

/**
 * A judged edge with everything that the tables store about it; it stays on the executors.
 *
 * @param changes tensors that are not identical
 * @param quantized every {@code _Q}, identical ones too
 */
public record EdgeResult(AuditedEdge edge, List<TensorChange> changes, List<QRecord> quantized)
    implements Serializable {
  public EdgeResult {
    changes = List.copyOf(changes);
    quantized = List.copyOf(quantized);
  }
}
