package io.qtrace.job.cli;

import io.qtrace.job.bake.LutChange;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "sync",
    description = "Recomputes _Q as lut[_indices] in a new checkpoint; does not need Spark.",
    footerHeading = "%n",
    footer = {
      "In each quantized layer _Q becomes lut[_indices]. All other tensors are copied unchanged. The",
      "reported drift is the distance from the stored LUT to the LUT of the deltas used in training.",
      "",
      "Examples:",
      "  qtrace sync checkpoint_step200.pt synced_step200.pt --refresh-lut",
      "  qtrace sync stale.pt synced.pt --format json"
    })
final class SyncCommand implements Callable<Integer> {
  @Mixin private RewriteOptions options;

  @Option(
      names = "--refresh-lut",
      description =
          "First replace each stored LUT by the one that training computes from its deltas.")
  private boolean refresh;

  @Override
  public Integer call() throws IOException {
    return options.run(refresh ? new LutChange.Refresh(options.maxAbs()) : new LutChange.Stored());
  }
}
