package io.qtrace.format;

import io.qtrace.tensor.CheckpointIndex;
import io.qtrace.tensor.CheckpointIndex.Shadow;
import io.qtrace.tensor.CheckpointIndex.Skipped;
import io.qtrace.tensor.TensorEntry;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The state dict of a decoder without its head, such as that of {@code model.model}: {@code
 * layers.0...} is what the whole model calls {@code model.layers.0...}.
 */
public final class InnerModel {
  private static final String MODEL = "model.";
  private static final String HEAD = "lm_head.";

  private static final Pattern OF_BLOCKS =
      Pattern.compile("layers\\.\\d+\\.(self_attn|mlp)\\..+", Pattern.DOTALL);
  private static final Pattern NAMES =
      Pattern.compile("(layers\\.\\d+|embed_tokens|norm|rotary_emb)\\..+", Pattern.DOTALL);

  private InnerModel() {}

  /** The index with the names of the whole model, where it has those of the decoder alone. */
  public static CheckpointIndex named(CheckpointIndex index) {
    List<TensorEntry> tensors = index.tensors();
    boolean inner =
        tensors.stream().anyMatch(tensor -> OF_BLOCKS.matcher(tensor.name()).matches())
            && tensors.stream().allMatch(tensor -> isOfDecoder(tensor.name()));
    if (!inner) {
      return index;
    }
    List<Skipped> skipped =
        index.skipped().stream()
            .map(one -> new Skipped(whole(one.name()), one.reason()))
            .toList();
    CheckpointIndex named =
        index
            .with(named(tensors), skipped)
            .noted("names of the model without its head are compared with model. before them");
    Optional<Shadow> shadow = index.shadow();
    return shadow.isPresent()
        ? named.with(new Shadow(shadow.get().section(), named(shadow.get().tensors())))
        : named;
  }

  private static boolean isOfDecoder(String name) {
    return NAMES.matcher(name).matches() || name.startsWith(HEAD);
  }

  private static List<TensorEntry> named(List<TensorEntry> tensors) {
    return tensors.stream().map(tensor -> tensor.withName(whole(tensor.name()))).toList();
  }

  private static String whole(String name) {
    return NAMES.matcher(name).matches() ? MODEL + name : name;
  }
}
