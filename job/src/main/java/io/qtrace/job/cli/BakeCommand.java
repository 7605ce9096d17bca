package io.qtrace.job.cli;

import io.qtrace.job.bake.LutChange;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "bake",
    description =
        "Writes the trained LUTs of a checkpoint into .lut and _Q of a new one; does not need Spark.",
    footerHeading = "%n",
    footer = {
      "In each layer with _lut_raw_deltas, .lut becomes the table computed from the deltas, _Q becomes",
      "lut[_indices], and the deltas are removed. All other tensors are copied unchanged.",
      "",
      "Like the recipe's own tool, bake computes the table from the stored LUT, which is not exactly",
      "the LUT that training used; the reported drift is the difference. --exact writes the LUT that",
      "training used, with no drift.",
      "",
      "Examples:",
      "  qtrace bake checkpoint_step200.pt baked_step200.pt",
      "  qtrace bake checkpoint_step200.pt baked.safetensors --lut-max-abs 2.0 --exact"
    })
final class BakeCommand implements Callable<Integer> {
  @Mixin private RewriteOptions options;

  @Option(
      names = "--exact",
      description = "Write exactly the LUTs that training used, without drift.")
  private boolean exact;

  @Override
  public Integer call() throws IOException {
    return options.run(
        exact ? new LutChange.Exact(options.maxAbs()) : new LutChange.Recipe(options.maxAbs()));
  }
}
