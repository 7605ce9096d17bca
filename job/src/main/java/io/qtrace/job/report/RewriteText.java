package io.qtrace.job.report;

import io.qtrace.io.Amount;
import io.qtrace.io.SafeText;
import io.qtrace.job.bake.Rewrite;
import io.qtrace.job.text.TextTable;
import io.qtrace.job.text.TextTable.Column;
import io.qtrace.job.text.Units;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** What {@code bake} and {@code sync} print about the checkpoint they wrote. */
public final class RewriteText {
  private RewriteText() {}

  /** Lines of at most {@code width} characters, but for the file's own name. */
  public static List<String> lines(Rewrite rewrite, int width) {
    TextTable table =
        new TextTable(
            Column.text("layer"),
            Column.number("max |lut change|"),
            Column.number("_Q changed"),
            Column.number("of"),
            Column.number("drift"));
    for (Rewrite.Layer layer : rewrite.layers()) {
      table.add(
          layer.layer(),
          Numbers.exact(layer.lutMaxChange()),
          layer.changedElements(),
          layer.elements(),
          layer.drift() == null ? null : Numbers.exact(layer.drift()));
    }
    List<String> lines = new ArrayList<>(table.lines(width));
    lines.add("");
    lines.add(summary(rewrite));
    if (rewrite.leftOut() > 0) {
      lines.add(
          "Left out: %s outside the model's state dict"
              .formatted(Amount.of(rewrite.leftOut(), "tensor")));
    }
    lines.add(
        "Wrote %s: %s, %s"
            .formatted(
                SafeText.of(rewrite.dest()),
                Amount.of(rewrite.tensors(), "tensor"),
                Units.size(rewrite.bytes())));
    return lines;
  }

  private static String summary(Rewrite rewrite) {
    List<Rewrite.Layer> layers = rewrite.layers();
    long luts = layers.stream().filter(layer -> layer.lutMaxChange() != 0).count();
    long quantized = layers.stream().filter(layer -> layer.changedElements() > 0).count();
    Optional<Double> drift =
        layers.stream()
            .map(Rewrite.Layer::drift)
            .filter(of -> of != null)
            .max(Comparator.naturalOrder());
    return "LUT changed in %s, _Q in %d%s"
        .formatted(
            Amount.of(luts, layers.size(), "layer"),
            quantized,
            drift.map(most -> "; largest drift " + Numbers.exact(most)).orElse(""));
  }
}
