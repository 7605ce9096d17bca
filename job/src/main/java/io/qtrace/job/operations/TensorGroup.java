package io.qtrace.job.operations;

import io.qtrace.job.compare.TensorComparison;
import io.qtrace.lut.Category;
import io.qtrace.lut.LayerNames;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.regex.Pattern;

/**
 * Tensors that a training run trains together or not at all.
 *
 * @param what such as {@code scale_A}, {@code norm} or {@code weight}
 * @param part {@code attention}, {@code MLP} or the empty string
 */
public record TensorGroup(String what, String part) implements Comparable<TensorGroup> {
  static final String NORM = "norm";
  static final String HEAD_NORM = "head norm";
  static final String WEIGHT = "weight";
  static final String EMBEDDING = "embedding";
  private static final String LORA = "lora_";

  // Such as post_attention_layernorm, norm1, ln_1 and ln_f.
  private static final Pattern NORMS = Pattern.compile("(.*norm|ln)(_?(\\d+|f))?");

  private static final Set<String> OF_HEADS = Set.of("q_norm", "k_norm");
  private static final Set<String> ATTENTION = Set.of("self_attn", "attn", "attention");
  private static final Set<String> MLP = Set.of("mlp", "feed_forward", "ffn");

  // Cached, since a model's names recur in each checkpoint; bounded for malicious archives.
  private static final int MOST_KNOWN = 10_000;
  private static final Map<Category, Map<String, TensorGroup>> KNOWN =
      new EnumMap<>(Category.class);

  // One instance for equal groups, so that comparing them does not read their texts.
  private static final Map<TensorGroup, TensorGroup> INSTANCES = new ConcurrentHashMap<>();

  static {
    for (Category category : Category.values()) {
      KNOWN.put(category, new ConcurrentHashMap<>());
    }
  }

  /** The group of a tensor. */
  public static TensorGroup of(TensorComparison tensor) {
    Map<String, TensorGroup> byName = KNOWN.get(tensor.category());
    TensorGroup known = byName.get(tensor.name());
    if (known != null) {
      return known;
    }
    TensorGroup group = of(tensor.name(), tensor.category());
    if (byName.size() >= MOST_KNOWN) {
      return group;
    }
    TensorGroup instance = INSTANCES.computeIfAbsent(group, Function.identity());
    byName.put(tensor.name(), instance);
    return instance;
  }

  private static TensorGroup of(String name, Category category) {
    String module = LayerNames.moduleOf(name);
    String last = module.substring(module.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
    String leaf = name.substring(name.lastIndexOf('.') + 1);
    if (category == Category.OTHER && NORMS.matcher(last).matches()) {
      return new TensorGroup(OF_HEADS.contains(last) ? HEAD_NORM : NORM, "");
    }
    if (last.contains("embed") || last.equals("lm_head")) {
      return new TensorGroup(EMBEDDING, "");
    }
    for (String segment : module.split("\\.")) {
      if (ATTENTION.contains(segment)) {
        return new TensorGroup(leaf, "attention");
      }
      if (MLP.contains(segment)) {
        return new TensorGroup(leaf, "MLP");
      }
    }
    return new TensorGroup(leaf, "");
  }

  /** The repeated part of a model in a tensor's name, such as a decoder layer. */
  public static String blockOf(String name) {
    for (int from = 0; from < name.length(); ) {
      int dot = name.indexOf('.', from);
      int end = dot < 0 ? name.length() : dot;
      if (isNumber(name, from, end)) {
        return name.substring(0, end);
      }
      from = end + 1;
    }
    return LayerNames.moduleOf(name);
  }

  private static boolean isNumber(String name, int from, int end) {
    int at = from;
    while (at < end && Character.isDigit(name.charAt(at))) {
      at++;
    }
    return at == end && from < end;
  }

  boolean isNorm() {
    return what.equals(NORM) || what.equals(HEAD_NORM);
  }

  /** Whether it has factors of adapters. */
  public boolean isLora() {
    return what.startsWith(LORA);
  }

  /** Whether a tensor is a factor of an adapter. */
  static boolean isLora(String tensor) {
    return tensor.startsWith(LORA, tensor.lastIndexOf('.') + 1);
  }

  @Override
  public int compareTo(TensorGroup other) {
    int order = what.compareTo(other.what);
    return order == 0 ? part.compareTo(other.part) : order;
  }

  @Override
  public String toString() {
    return part.isEmpty() ? what : what + " of " + part;
  }
}
