package io.qtrace.job.cli;

import io.qtrace.job.bake.LutChange;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "sync",
    description = "Brings _Q up to lut[_indices] in a new checkpoint; starts no Spark.",
    footerHeading = "%n",
    footer = {
      "Of each quantized layer _Q becomes lut[_indices]. All else is copied as it is. The drift says",
      "how far the LUT is from the table of the deltas, which training uses.",
      "",
      "Examples:",
      "  qtrace sync checkpoint_step200.pt synced_step200.pt --refresh-lut",
      "  qtrace sync stale.pt synced.pt --format json"
    })
final class SyncCommand implements Callable<Integer> {
  @Mixin private RewriteOptions options;

  @Option(
      names = "--refresh-lut",
      description = "First bring each LUT up to its deltas, as training uses them.")
  private boolean refresh;

  @Override
  public Integer call() throws IOException {
    return options.run(refresh ? new LutChange.Refresh(options.maxAbs()) : new LutChange.Stored());
  }
}
