package io.qtrace.job.cli;

import io.qtrace.job.bake.LutChange;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "bake",
    description = "Bakes the trained LUTs of a checkpoint into a new one; starts no Spark.",
    footerHeading = "%n",
    footer = {
      "Of each layer with _lut_raw_deltas: lut becomes the table of these deltas, _Q becomes",
      "lut[_indices], and the deltas go. All else is copied as it is.",
      "",
      "The recipe's own tool knows the stored LUT only, so that its table is not quite the one that",
      "training used; the drift says by how much. --exact bakes the one that training used.",
      "",
      "Examples:",
      "  qtrace bake checkpoint_step200.pt baked_step200.pt",
      "  qtrace bake checkpoint_step200.pt baked.safetensors --lut-max-abs 2.0 --exact"
    })
final class BakeCommand implements Callable<Integer> {
  @Mixin private RewriteOptions options;

  @Option(names = "--exact", description = "Bake the tables that training used: no drift.")
  private boolean exact;

  @Override
  public Integer call() throws IOException {
    return options.run(
        exact ? new LutChange.Exact(options.maxAbs()) : new LutChange.Recipe(options.maxAbs()));
  }
}
