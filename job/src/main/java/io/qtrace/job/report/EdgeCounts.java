package io.qtrace.job.report;

import io.qtrace.job.lineage.EdgeRow;
import java.util.StringJoiner;

/** How many tensors of an edge have which status, and what became of {@code _Q} and LUTs. */
final class EdgeCounts {
  private EdgeCounts() {}

  static String of(EdgeRow edge) {
    StringJoiner counts = new StringJoiner(", ");
    count(counts, edge.identical(), "identical");
    count(counts, edge.equal(), "equal");
    count(counts, edge.changed(), "changed");
    count(counts, edge.reshaped(), "reshaped");
    count(counts, edge.added(), "added");
    count(counts, edge.removed(), "removed");
    String quantized =
        edge.qBuffers() == 0
            ? ""
            : edge.qChanged() == 0
                ? "; _Q unchanged in %d layers".formatted(edge.qBuffers())
                : "; _Q changed in %d of %d layers".formatted(edge.qChanged(), edge.qBuffers());
    String lut =
        edge.lutLayers() == 0
            ? ""
            : "; LUT trained in %d of %d".formatted(edge.lutTrained(), edge.lutLayers());
    return counts + quantized + (edge.kind().equals("train") ? lut : "");
  }

  private static void count(StringJoiner counts, int count, String what) {
    if (count > 0) {
      counts.add(count + " " + what);
    }
  }
}
