package io.qtrace.format;

import io.qtrace.io.SafeText;
import io.qtrace.tensor.CheckpointIndex;
import io.qtrace.tensor.CheckpointIndex.Skipped;
import io.qtrace.tensor.TensorEntry;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Finds where a training script keeps the model's tensors in the file it saves, among those of the
 * optimizer and others.
 */
public final class StateDictPrefix {
  private static final List<String> PREFIXES = List.of("model_state_dict.", "state_dict.");

  // A key of many trainers, but also the first part of names in a model of Hugging Face's.
  private static final String MODEL = "model.";
  private static final List<String> BESIDE_MODEL =
      List.of("optimizer.", "ema.", "scheduler.", "lr_scheduler.", "scaler.", "rng.");

  // What PEFT, DistributedDataParallel and others put before every name.
  private static final List<String> WRAPPERS = List.of("base_model.model.", "module.", MODEL);

  // What torch.compile, FSDP, activation checkpointing and PEFT put within names, of any module.
  private static final Set<String> WRAPPING =
      Set.of("_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module", "base_layer");

  // How many models torch.optim.swa_utils has averaged: a tensor outside the wrapper.
  private static final String AVERAGED = "n_averaged";

  // Names in models of Hugging Face's.
  private static final Pattern IN_MODELS =
      Pattern.compile(
          "model\\.(layers|embed_tokens|norm|encoder|decoder|embeddings)\\..*", Pattern.DOTALL);

  private static final String OUTSIDE = "outside ";

  private StateDictPrefix() {}

  /**
   * The model's tensors under their own names: those of {@code model_state_dict}, or else of {@code
   * state_dict}; every other tensor becomes a skipped one, and a moving average of the model also
   * its shadow. Prefixes and infixes added by wrappers of the model or its modules are removed.
   */
  public static CheckpointIndex unwrapped(CheckpointIndex index) {
    for (String prefix : PREFIXES) {
      if (index.tensors().stream().anyMatch(tensor -> tensor.name().startsWith(prefix))) {
        return within(prefix, index);
      }
    }
    if (isModelKey(index)) {
      return within(MODEL, index);
    }
    Optional<String> only = onlySection(index);
    return only.isPresent()
        ? within(only.get(), index).noted("names are without " + SafeText.of(only.get()))
        : withoutWrappers(index);
  }

  // The only state dict of a file, if all tensors are in it.
  private static Optional<String> onlySection(CheckpointIndex index) {
    return index.sections().stream()
        .map(key -> key + ".")
        .filter(prefix -> index.tensors().stream().allMatch(one -> one.name().startsWith(prefix)))
        .findFirst();
  }

  /** Whether a tensor was left out of an {@link #unwrapped} index because it is not the model's. */
  public static boolean isOutside(Skipped skipped) {
    return skipped.reason().startsWith(OUTSIDE);
  }

  private static CheckpointIndex within(String prefix, CheckpointIndex index) {
    List<TensorEntry> outside =
        index.tensors().stream().filter(tensor -> !tensor.name().startsWith(prefix)).toList();
    return ModelShadow.added(withoutWrappers(without(prefix, index)), outside);
  }

  private static boolean isModelKey(CheckpointIndex index) {
    boolean within = index.tensors().stream().anyMatch(tensor -> tensor.name().startsWith(MODEL));
    return within
        && (index.sections().contains(withoutDot(MODEL))
            || index.tensors().stream()
                .anyMatch(
                    tensor ->
                        tensor.name().startsWith(MODEL + MODEL)
                            || BESIDE_MODEL.stream().anyMatch(tensor.name()::startsWith)));
  }

  private static String withoutDot(String prefix) {
    return prefix.substring(0, prefix.length() - 1);
  }

  // Each prefix once, in any order.
  private static CheckpointIndex withoutWrappers(CheckpointIndex index) {
    CheckpointIndex model = withoutWrappedModules(index);
    for (int i = 0; i < WRAPPERS.size(); i++) {
      CheckpointIndex wrapped = model;
      Optional<String> wrapper =
          WRAPPERS.stream().filter(prefix -> isWrapper(prefix, wrapped)).findFirst();
      if (wrapper.isEmpty()) {
        break;
      }
      model = without(wrapper.get(), model).noted("names are without " + wrapper.get());
    }
    return model;
  }

  private static boolean isWrapper(String prefix, CheckpointIndex index) {
    List<String> names =
        index.tensors().stream()
            .map(TensorEntry::name)
            .filter(name -> !name.equals(AVERAGED))
            .toList();
    return !names.isEmpty()
        && names.stream().allMatch(name -> name.startsWith(prefix))
        && !(prefix.equals(MODEL)
            && names.stream().anyMatch(name -> IN_MODELS.matcher(name).matches()));
  }

  // Names as in the file, if two tensors would get one name.
  private static CheckpointIndex withoutWrappedModules(CheckpointIndex index) {
    List<TensorEntry> tensors = new ArrayList<>();
    Set<String> names = new HashSet<>();
    boolean wrapped = false;
    for (TensorEntry tensor : index.tensors()) {
      String name = withoutWrappedModules(tensor.name());
      wrapped |= !name.equals(tensor.name());
      tensors.add(tensor.withName(name));
      names.add(name);
    }
    if (!wrapped || names.size() < tensors.size()) {
      return index;
    }
    List<Skipped> skipped =
        index.skipped().stream()
            .map(one -> new Skipped(withoutWrappedModules(one.name()), one.reason()))
            .toList();
    return index
        .with(tensors, skipped)
        .noted("names are without the parts that wrap modules, such as _orig_mod");
  }

  private static String withoutWrappedModules(String name) {
    return WRAPPING.stream().anyMatch(name::contains)
        ? Arrays.stream(name.split("\\.", -1))
            .filter(part -> !WRAPPING.contains(part))
            .collect(Collectors.joining("."))
        : name;
  }

  private static CheckpointIndex without(String prefix, CheckpointIndex index) {
    String outside = OUTSIDE + withoutDot(prefix);
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
    return index.with(tensors, skipped);
  }
}
