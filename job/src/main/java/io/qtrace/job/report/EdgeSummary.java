package io.qtrace.job.report;

import io.qtrace.io.Amount;
import io.qtrace.job.judge.EdgeCounts;
import io.qtrace.job.lineage.AuditedEdge;
import io.qtrace.job.operations.Train;
import java.util.StringJoiner;

/** Counts of an edge in one line: tensors by status, changed {@code _Q}, trained LUTs. */
final class EdgeSummary {
  private EdgeSummary() {}

  static String of(AuditedEdge edge) {
    EdgeCounts.ByStatus status = edge.counts().status();
    EdgeCounts.Quantized buffers = edge.counts().quantized();
    EdgeCounts.Luts luts = edge.counts().luts();
    StringJoiner counts = new StringJoiner(", ");
    count(counts, status.identical(), "identical");
    count(counts, status.equal(), "equal");
    count(counts, status.changed(), "changed");
    count(counts, status.reshaped(), "reshaped");
    count(counts, status.added(), "added");
    count(counts, status.removed(), "removed");
    String quantized =
        buffers.qBuffers() == 0
            ? ""
            : buffers.qChanged() == 0
                ? "; _Q unchanged in " + Amount.of(buffers.qBuffers(), "layer")
                : "; _Q changed in " + Amount.of(buffers.qChanged(), buffers.qBuffers(), "layer");
    String lut =
        luts.lutLayers() == 0
            ? ""
            : "; LUT trained in %d of %d".formatted(luts.lutTrained(), luts.lutLayers());
    return counts + quantized + (edge.kind().equals(Train.KIND) ? lut : "");
  }

  private static void count(StringJoiner counts, int count, String what) {
    if (count > 0) {
      counts.add(count + " " + what);
    }
  }
}
