package io.qtrace.job.train;

import io.qtrace.io.ObjectStore;
import io.qtrace.job.PyTorch;
import io.qtrace.job.Sample;
import io.qtrace.job.progress.Progress;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;

/** Runs on the sample archive, and how far apart real PyTorch finds what they wrote. */
public final class TrainRuns {
  public static final ObjectStore STORE = new ObjectStore(new Configuration());

  private static final String COMPARE =
      """
      import sys, torch

      a, b = (torch.load(f, weights_only=True, mmap=True) for f in sys.argv[1:])
      assert list(a) == list(b), sorted(set(a) ^ set(b))
      assert all(a[k].shape == b[k].shape for k in a)
      print(max((a[k].double() - b[k].double()).abs().max().item() if a[k].numel() else 0 for k in a))
      """;

  private TrainRuns() {}

  /** LUT + scales from the initial checkpoint, in float32; changed by some settings. */
  public static TrainSettings settings(Path output, Map<String, ?> changes) throws IOException {
    Map<String, Object> settings = new HashMap<>();
    settings.put("checkpoint", Sample.run("sr011-q4a4-FP4-init/v2_initial.pt"));
    settings.put("model", Sample.ARCHIVE.resolve("base-model").toString());
    settings.put(
        "cache-dir",
        Sample.ARCHIVE.resolve("caches/alpaca_chat_think_both_L128_K128_R1024").toString());
    settings.put("output-dir", output.toString());
    settings.put("train-lut", true);
    settings.put("lr", 1e-3);
    settings.put("lut-lr", 1e-2);
    settings.put("max-steps", 6);
    settings.put("seed", 20261124);
    settings.putAll(changes);
    return TrainSettings.load(Optional.empty(), settings);
  }

  public static TrainPlan plan(TrainSettings settings) throws IOException {
    return new TrainPlanner(STORE, Progress.NONE).plan(settings);
  }

  /** The largest difference of any two numbers of two checkpoints with the same tensors. */
  public static double distance(Path one, Path other) throws IOException, InterruptedException {
    return Double.parseDouble(PyTorch.run(COMPARE, one.toString(), other.toString()));
  }
}
