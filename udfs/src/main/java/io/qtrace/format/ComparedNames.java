package io.qtrace.format;

import io.qtrace.tensor.CheckpointIndex;
import io.qtrace.tensor.CheckpointIndex.Shadow;
import io.qtrace.tensor.CheckpointIndex.Skipped;
import io.qtrace.tensor.TensorEntry;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;

/**
 * Normalizes names of tensors that files give relative to a part of a model: the decoder without
 * its head, such as {@code model.model}, whose {@code layers.0...} are {@code model.layers.0...} in
 * the whole model; and factors of an adapter, {@code lora_A.weight} and {@code
 * lora_A.default.weight} in PEFT.
 */
public final class ComparedNames {
  private static final String MODEL = "model.";
  private static final String HEAD = "lm_head.";

  private static final Pattern OF_BLOCKS =
      Pattern.compile("layers\\.\\d+\\.(self_attn|mlp)\\..+", Pattern.DOTALL);
  private static final Pattern OF_DECODERS =
      Pattern.compile("(layers\\.\\d+|embed_tokens|norm|rotary_emb)\\..+", Pattern.DOTALL);
  private static final Pattern FACTOR =
      Pattern.compile("(.+\\.lora_[AB])(\\.default)?\\.weight", Pattern.DOTALL);

  private ComparedNames() {}

  /** The index with those names. */
  public static CheckpointIndex of(CheckpointIndex index) {
    CheckpointIndex plain =
        renamed(
            index,
            ComparedNames::isFactor,
            name -> FACTOR.matcher(name).replaceFirst("$1"),
            "names of adapter factors are compared without .weight");
    boolean decoder =
        plain.tensors().stream().anyMatch(tensor -> OF_BLOCKS.matcher(tensor.name()).matches())
            && plain.tensors().stream().allMatch(tensor -> mayBeOfDecoder(tensor.name()));
    return decoder
        ? renamed(
            plain,
            ComparedNames::isOfDecoder,
            MODEL::concat,
            "names of a decoder without its head are compared with the prefix model.")
        : plain;
  }

  private static boolean isFactor(String name) {
    return FACTOR.matcher(name).matches();
  }

  private static boolean isOfDecoder(String name) {
    return OF_DECODERS.matcher(name).matches();
  }

  private static boolean mayBeOfDecoder(String name) {
    return isOfDecoder(name) || name.startsWith(HEAD);
  }

  // Names as in the file, if nothing is stripped or if two tensors would get one name.
  private static CheckpointIndex renamed(
      CheckpointIndex index, Predicate<String> which, UnaryOperator<String> name, String note) {
    UnaryOperator<String> change = one -> which.test(one) ? name.apply(one) : one;
    List<TensorEntry> tensors = renamed(index.tensors(), change);
    boolean any = index.tensors().stream().anyMatch(tensor -> which.test(tensor.name()));
    if (!any || tensors.stream().map(TensorEntry::name).distinct().count() < tensors.size()) {
      return index;
    }
    List<Skipped> skipped =
        index.skipped().stream()
            .map(one -> new Skipped(change.apply(one.name()), one.reason()))
            .toList();
    CheckpointIndex named = index.with(tensors, skipped).noted(note);
    return index
        .shadow()
        .map(copy -> named.with(new Shadow(copy.section(), renamed(copy.tensors(), change))))
        .orElse(named);
  }

  private static List<TensorEntry> renamed(
      List<TensorEntry> tensors, UnaryOperator<String> change) {
    return tensors.stream().map(tensor -> tensor.withName(change.apply(tensor.name()))).toList();
  }
}
