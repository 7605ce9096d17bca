package io.qtrace.format;

import io.qtrace.tensor.CheckpointIndex;
import io.qtrace.tensor.CheckpointIndex.Skipped;
import io.qtrace.tensor.TensorEntry;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Where a training script keeps the model's tensors inside the file it saves, beside the
 * optimizer's and others.
 */
public final class StateDictPrefix {
  private static final List<String> PREFIXES = List.of("model_state_dict.", "state_dict.");

  // A key of many trainers, but also the first part of names in a model of Hugging Face's.
  private static final String MODEL = "model.";
  private static final List<String> BESIDE_MODEL =
      List.of("optimizer.", "ema.", "scheduler.", "lr_scheduler.", "scaler.", "rng.");

  // What DistributedDataParallel and torch.compile put before every name.
  private static final List<String> WRAPPERS =
      List.of("module.", "_orig_mod.", "_fsdp_wrapped_module.");

  private StateDictPrefix() {}

  /**
   * The model's tensors under their own names: those of {@code model_state_dict}, or else of {@code
   * state_dict}; every other tensor becomes a skipped one. Where all names begin as a wrapper of
   * the model makes them begin, they are those of the model within.
   */
  public static CheckpointIndex unwrapped(CheckpointIndex index) {
    for (String prefix : PREFIXES) {
      if (index.tensors().stream().anyMatch(tensor -> tensor.name().startsWith(prefix))) {
        return withoutWrappers(without(prefix, index));
      }
    }
    return withoutWrappers(isModelKey(index) ? without(MODEL, index) : index);
  }

  private static boolean isModelKey(CheckpointIndex index) {
    boolean within = index.tensors().stream().anyMatch(tensor -> tensor.name().startsWith(MODEL));
    return within
        && index.tensors().stream()
            .anyMatch(
                tensor ->
                    tensor.name().startsWith(MODEL + MODEL)
                        || BESIDE_MODEL.stream().anyMatch(tensor.name()::startsWith));
  }

  // Each once, in any order.
  private static CheckpointIndex withoutWrappers(CheckpointIndex index) {
    CheckpointIndex model = index;
    for (int i = 0; i < WRAPPERS.size(); i++) {
      List<TensorEntry> tensors = model.tensors();
      Optional<String> wrapper =
          WRAPPERS.stream()
              .filter(prefix -> tensors.stream().allMatch(t -> t.name().startsWith(prefix)))
              .findFirst();
      if (wrapper.isEmpty() || tensors.isEmpty()) {
        return model;
      }
      model = without(wrapper.get(), model);
    }
    return model;
  }

  private static CheckpointIndex without(String prefix, CheckpointIndex index) {
    String outside = "outside " + prefix.substring(0, prefix.length() - 1);
    List<TensorEntry> tensors = new ArrayList<>();
    List<Skipped> skipped = new ArrayList<>();
    for (TensorEntry tensor : index.tensors()) {
      if (tensor.name().startsWith(prefix)) {
        tensors.add(tensor.withName(tensor.name().substring(prefix.length())));
      } else {
        skipped.add(new Skipped(tensor.name(), outside));
      }
    }
    for (Skipped other : index.skipped()) {
      boolean inside = other.name().startsWith(prefix);
      skipped.add(
          inside ? new Skipped(other.name().substring(prefix.length()), other.reason()) : other);
    }
    return new CheckpointIndex(index.path(), index.format(), tensors, skipped);
  }
}
