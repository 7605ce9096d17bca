package io.qtrace.job.lineage;

import io.qtrace.compare.TensorStatus;
import io.qtrace.job.judge.EdgeEnds;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the tables contain about one tensor name.
 *
 * @param versions by the checkpoint's identifier
 * @param changes along edges on which it is not identical
 * @param quantized why it changed, if it is a {@code _Q}
 */
public record TensorRecords(
    Map<String, Version> versions,
    Map<EdgeKey, Change> changes,
    Map<EdgeKey, Quantized> quantized) {
  /** Content of a tensor in a checkpoint. */
  public record Version(String fingerprint, String dtype, List<Long> shape) {}

  /** An edge of an audit. */
  public record EdgeKey(String auditId, String parentId, String childId) {
    static EdgeKey of(String auditId, EdgeEnds ends) {
      return new EdgeKey(auditId, ends.parentId(), ends.childId());
    }

    public static EdgeKey of(RecordedEdge edge) {
      return of(edge.auditId(), edge.edge().ends());
    }
  }

  /** How the tensor changed. */
  public record Change(
      TensorStatus status, Optional<Long> changedElements, Optional<Double> maxAbs) {}

  /** Why a {@code _Q} changed. */
  public record Quantized(Optional<String> cause, long residual, Optional<Double> drift) {}

  public TensorRecords {
    versions = Map.copyOf(versions);
    changes = Map.copyOf(changes);
    quantized = Map.copyOf(quantized);
  }
}
