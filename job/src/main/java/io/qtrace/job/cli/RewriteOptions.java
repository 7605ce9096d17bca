package io.qtrace.job.cli;

import io.qtrace.format.WriteFormat;
import io.qtrace.format.WriteOptions;
import io.qtrace.io.ObjectStore;
import io.qtrace.io.ReadLimits;
import io.qtrace.io.WriteMode;
import io.qtrace.job.bake.CheckpointRewriter;
import io.qtrace.job.bake.LutChange;
import io.qtrace.job.bake.Rewrite;
import io.qtrace.job.report.RewriteText;
import io.qtrace.job.text.Json;
import java.io.IOException;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What {@code bake} and {@code sync} have in common. */
final class RewriteOptions {
  @Parameters(index = "0", paramLabel = "SOURCE", description = "Checkpoint to read: path or URI.")
  private String source;

  @Parameters(
      index = "1",
      paramLabel = "DEST",
      description =
          "Checkpoint to write: path or URI. The extension decides the format: .pt or .safetensors.")
  private String dest;

  @Option(
      names = "--lut-max-abs",
      paramLabel = "M",
      description =
          "The --lut-max-abs of the training run; default: the largest value of each layer's LUT.")
  private Double maxAbs;

  @Option(names = "--overwrite", description = "Replace DEST if it exists.")
  private boolean overwrite;

  @Mixin private SettingsOption settings;
  @Mixin private ProgressOption progress;
  @Mixin private Output output;

  Optional<Double> maxAbs() {
    return Optional.ofNullable(maxAbs);
  }

  Integer run(LutChange change) throws IOException {
    WriteMode existing = overwrite ? WriteMode.OVERWRITE : WriteMode.FAIL_IF_EXISTS;
    WriteOptions options = new WriteOptions(WriteFormat.of(dest), existing);
    ReadLimits limits = settings.read().limits().limits();
    ObjectStore store = new ObjectStore(limits.addTo(new Configuration()));
    Rewrite rewrite = new CheckpointRewriter(store, progress).run(source, dest, change, options);
    output.print(width -> RewriteText.lines(rewrite, width), () -> Json.of(rewrite));
    return ExitStatus.CLEAN;
  }
}
