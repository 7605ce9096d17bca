package io.qtrace.format;

import io.qtrace.io.ObjectStat;
import io.qtrace.io.ObjectStore;
import io.qtrace.io.SafeText;
import io.qtrace.tensor.CheckpointIndex;
import io.qtrace.tensor.CheckpointIndex.Skipped;
import io.qtrace.tensor.TensorEntry;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Tensors of one checkpoint, found by the names that comparisons use, or else by those in the file.
 */
public final class NamedTensors {
  private final String path;
  private final List<ObjectStat> opened;
  private final Map<String, TensorEntry> tensors = new HashMap<>();
  private final Map<String, String> skipped = new HashMap<>(); // name to reason

  private NamedTensors(String path, List<ObjectStat> opened, CheckpointIndex whole) {
    this.path = path;
    this.opened = opened;
    CheckpointIndex model = StateDictPrefix.unwrapped(whole);
    tensors.putAll(whole.byName());
    tensors.putAll(model.byName());
    for (Skipped one : model.skipped()) {
      if (!tensors.containsKey(one.name())) {
        skipped.put(one.name(), one.reason());
      }
    }
  }

  /**
   * Indexes a file.
   *
   * @throws IOException naming the file, if it cannot be read
   */
  public static NamedTensors of(ObjectStore store, String path) throws IOException {
    Checkpoints checkpoints = new Checkpoints(store);
    CheckpointIndex whole = checkpoints.index(path);
    return new NamedTensors(path, checkpoints.opened(), whole);
  }

  /** The file and its shards, as they were. */
  public List<ObjectStat> opened() {
    return opened;
  }

  /** The file that holds a tensor's storage, as it was. */
  public ObjectStat file(TensorEntry tensor) {
    String uri = tensor.storage().file();
    return opened.stream().filter(file -> file.uri().equals(uri)).findFirst().orElseThrow();
  }

  /**
   * A tensor.
   *
   * @throws IOException naming the tensor and the file, if there is no such tensor or it cannot be
   *     read
   */
  public TensorEntry tensor(String name) throws IOException {
    Optional<TensorEntry> tensor = find(name);
    if (tensor.isEmpty()) {
      throw new IOException("%s: no tensor %s".formatted(SafeText.of(path), SafeText.quoted(name)));
    }
    return tensor.get();
  }

  /**
   * A tensor, if the file has it.
   *
   * @throws IOException naming it and the file, if it cannot be read
   */
  public Optional<TensorEntry> find(String name) throws IOException {
    if (skipped.containsKey(name)) {
      throw new IOException(
          "%s: cannot read tensor %s: %s"
              .formatted(SafeText.of(path), SafeText.quoted(name), skipped.get(name)));
    }
    return Optional.ofNullable(tensors.get(name));
  }
}
