package io.qtrace.job.train;

import io.qtrace.io.ObjectStore;
import io.qtrace.job.faults.KillingFileSystem;
import io.qtrace.job.progress.Progress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.commons.codec.digest.DigestUtils;
import org.apache.hadoop.conf.Configuration;

/** A process that trains and dies at one of the changes that it makes to its folder. */
public final class KilledTraining {
  private static final Map<String, Object> SETTINGS = Map.of("max-steps", 8, "save-steps", 2);

  private KilledTraining() {}

  /** Arguments: the output folder, the change that it dies at. */
  public static void main(String[] args) throws IOException {
    KillingFileSystem.killAt(Integer.parseInt(args[1]));
    train(Path.of(args[0]));
  }

  /**
   * Trains on from what is there, to the end.
   *
   * @return the steps and the checkpoints with their contents
   */
  public static List<String> train(Path folder) throws IOException {
    Configuration hadoop = new Configuration();
    hadoop.set("fs.killing.impl", KillingFileSystem.class.getName());
    ObjectStore store = new ObjectStore(hadoop);
    Map<String, Object> changes = new HashMap<>(SETTINGS);
    changes.put("output-dir", "killing:" + folder);
    TrainSettings settings = TrainRuns.settings(folder, changes);
    TrainRun run =
        new TrainLoop(
                store,
                new TrainPlanner(store, Progress.NONE).plan(settings),
                new TrainLoop.Place(0, "cpu", mine -> mine),
                step -> {})
            .run();
    List<String> found = new ArrayList<>();
    run.steps().forEach(step -> found.add(step.step() + " " + step.loss()));
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.filter(one -> one.toString().endsWith(".pt")).sorted().toList()) {
        found.add(file.getFileName() + " " + DigestUtils.sha256Hex(Files.readAllBytes(file)));
      }
    }
    return found;
  }
}
