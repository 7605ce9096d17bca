package io.qtrace.job.bake;

import io.qtrace.format.CheckpointWriter;
import io.qtrace.format.Checkpoints;
import io.qtrace.format.StateDictPrefix;
import io.qtrace.format.StoredTensors;
import io.qtrace.format.WriteOptions;
import io.qtrace.io.ByteSource;
import io.qtrace.io.ObjectStat;
import io.qtrace.io.ObjectStore;
import io.qtrace.io.SafeText;
import io.qtrace.job.progress.Progress;
import io.qtrace.job.progress.Stage;
import io.qtrace.tensor.CheckpointIndex;
import io.qtrace.tensor.StateDict;
import java.io.IOException;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.function.LongConsumer;

/**
 * Rewrites a checkpoint with {@code _Q = lut[_indices]}, a block at a time; every other tensor is
 * copied as it is.
 */
public final class CheckpointRewriter {
  private final ObjectStore store;
  private final Progress progress;

  public CheckpointRewriter(ObjectStore store, Progress progress) {
    this.store = store;
    this.progress = progress;
  }

  /**
   * Reads source, writes dest. If the source keeps the model in {@code model_state_dict}, only that
   * is written.
   *
   * @throws IOException if the source is damaged, cannot be changed this way, or a file cannot be
   *     read or written; nothing is written then
   */
  public Rewrite run(String source, String dest, LutChange change, WriteOptions options)
      throws IOException {
    CheckpointIndex whole = new Checkpoints(store).index(source);
    CheckpointIndex model = StateDictPrefix.unwrapped(whole);
    try (StoredTensors stored = new StoredTensors(store)) {
      Rewriting rewriting = new Rewriting(stored, change, options.format());
      StateDict state = plan(whole, model, rewriting, change);
      ObjectStat written = new CheckpointWriter(store, shown(state)).write(dest, state, options);
      return new Rewrite(
          whole.path(),
          written.uri(),
          written.bytes(),
          state.tensors().size(),
          whole.tensors().size() - model.tensors().size(),
          rewriting.layers());
    }
  }

  // Storages that tensors share are written once.
  private LongConsumer shown(StateDict state) {
    Set<ByteSource> storages = Collections.newSetFromMap(new IdentityHashMap<>());
    state.tensors().forEach(tensor -> storages.add(tensor.storage()));
    long total = storages.stream().mapToLong(ByteSource::bytes).sum();
    long[] written = {0};
    return bytes -> {
      written[0] = Math.min(written[0] + bytes, total); // headers are beyond it
      progress.show(new Stage("writing", "checkpoints", 0, 1, written[0], total));
    };
  }

  private static StateDict plan(
      CheckpointIndex whole, CheckpointIndex model, Rewriting rewriting, LutChange change)
      throws IOException {
    try {
      if (!whole.skipped().isEmpty()) {
        CheckpointIndex.Skipped first = whole.skipped().get(0);
        throw new IllegalArgumentException(
            "%s is not a plain tensor (%s); save the checkpoint without it"
                .formatted(SafeText.quoted(first.name()), first.reason()));
      }
      for (String note : whole.notes()) {
        if (note.startsWith(CheckpointIndex.NUMBERED)) {
          throw new IllegalArgumentException(note + "; save the checkpoint with distinct keys");
        }
      }
      List<LutLayer> layers = LutLayer.of(model);
      if (layers.isEmpty()) {
        throw new IllegalArgumentException("no layer has a _Q, expected a quantized checkpoint");
      }
      if (change.isBake() && layers.stream().noneMatch(layer -> layer.deltas().isPresent())) {
        throw new IllegalArgumentException(
            "no layer has _lut_raw_deltas, expected a checkpoint of a run that trains the LUT; to"
                + " recompute _Q from the stored LUT, use 'qtrace sync'");
      }
      return rewriting.plan(model, layers);
    } catch (IllegalArgumentException e) {
      throw new IOException(
          "Cannot rewrite %s: %s".formatted(SafeText.of(whole.path()), e.getMessage()), e);
    }
  }
}
