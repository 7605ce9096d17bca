package io.qtrace.job.train;

import io.qtrace.format.CheckpointWriter;
import io.qtrace.format.WriteOptions;
import io.qtrace.io.AtomicOutput;
import io.qtrace.io.ObjectStore;
import io.qtrace.io.RangeReader;
import io.qtrace.io.SafeText;
import io.qtrace.io.WriteMode;
import io.qtrace.job.text.Json;
import io.qtrace.tensor.StateDict;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * The folder of one training run: its checkpoints and logs in the recipe's names, and below a
 * hidden folder, which no audit looks into, what a failed task needs to resume. Every file appears
 * complete or not at all.
 */
public final class RunFolder {
  /** File of a run in the recipe's layout. */
  public static final String CONFIG = "config.json";

  static final String LOG = "training_log.csv";
  static final String BEST = "best_state_dict.pt";
  static final String RESULT = ".train/run.json";

  private static final String OWN = ".train";
  private static final String PLAN = OWN + "/plan";
  private static final Pattern CHECKPOINT = Pattern.compile("checkpoint_step(\\d{1,9})\\.pt");
  private static final Pattern STATE = Pattern.compile("state_step(\\d{1,9})\\.pt");
  private static final int MAX_TEXT_BYTES = 1 << 30;

  private final ObjectStore store;
  private final Path folder;

  public RunFolder(ObjectStore store, String uri) {
    this.store = store;
    this.folder = ObjectStore.path(uri);
  }

  public static String checkpoint(int step) {
    return "checkpoint_step" + step + ".pt";
  }

  static String state(int step) {
    return OWN + "/state_step" + step + ".pt";
  }

  public String uri(String name) {
    return new Path(folder, name).toString();
  }

  /** Existing checkpoints and logs; empty if there is no folder. */
  public List<String> files() throws IOException {
    List<String> files = new ArrayList<>();
    for (FileStatus file : list(folder)) {
      String name = file.getPath().getName();
      if (file.isFile()
          && (CHECKPOINT.matcher(name).matches() || List.of(CONFIG, LOG, BEST).contains(name))) {
        files.add(name);
      }
    }
    files.sort(String::compareTo);
    return files;
  }

  /** Removes an existing run, and no other files. */
  public void clear() throws IOException {
    FileSystem fs = store.fileSystem(folder);
    for (String file : files()) {
      fs.delete(new Path(folder, file), false);
    }
    fs.delete(new Path(folder, OWN), true);
  }

  /** The plan of the run in the folder. */
  public Optional<String> planned() throws IOException {
    return read(PLAN).map(String::strip);
  }

  public void plan(String id) throws IOException {
    write(PLAN, id + "\n");
  }

  /** The run in the folder, if it is finished. */
  public Optional<TrainRun> finished() throws IOException {
    Optional<String> json = read(RESULT);
    return json.isEmpty() ? Optional.empty() : Optional.of(Json.read(json.get(), TrainRun.class));
  }

  /** The last step whose state was saved. */
  Optional<Integer> lastState() throws IOException {
    return states().stream().max(Integer::compare);
  }

  void removeStates(int besides) throws IOException {
    for (int step : states()) {
      if (step != besides) {
        store.fileSystem(folder).delete(new Path(folder, state(step)), false);
      }
    }
  }

  void write(String name, String text) throws IOException {
    try (AtomicOutput file = store.create(uri(name), WriteMode.OVERWRITE)) {
      file.stream().write(text.getBytes(StandardCharsets.UTF_8));
      file.commit();
    }
  }

  void write(String name, StateDict tensors) throws IOException {
    String uri = uri(name);
    new CheckpointWriter(store).write(uri, tensors, WriteOptions.replacing(uri));
  }

  Optional<String> read(String name) throws IOException {
    Path file = new Path(folder, name);
    if (!store.fileSystem(file).exists(file)) {
      return Optional.empty();
    }
    try (RangeReader reader = store.open(file.toString())) {
      if (reader.length() > MAX_TEXT_BYTES) {
        throw new IOException("Invalid " + SafeText.of(file.toString()) + ": too large");
      }
      byte[] bytes = reader.read(0, (int) reader.length());
      return Optional.of(new String(bytes, StandardCharsets.UTF_8));
    }
  }

  private List<Integer> states() throws IOException {
    List<Integer> steps = new ArrayList<>();
    for (FileStatus file : list(new Path(folder, OWN))) {
      Matcher matcher = STATE.matcher(file.getPath().getName());
      if (matcher.matches()) {
        steps.add(Integer.parseInt(matcher.group(1)));
      }
    }
    return steps;
  }

  private FileStatus[] list(Path path) throws IOException {
    try {
      return store.fileSystem(path).listStatus(path);
    } catch (FileNotFoundException e) {
      return new FileStatus[0];
    }
  }
}
