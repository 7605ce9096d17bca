package io.qtrace.job.compare;

import io.qtrace.compare.Measure;
import io.qtrace.compare.MemberPartial;
import io.qtrace.compare.PairPartial;
import io.qtrace.compare.TensorDiff;
import io.qtrace.compare.TensorStats;
import io.qtrace.io.FormatException;
import io.qtrace.job.compare.CompareUnit.Member;
import io.qtrace.kernel.LutCheckPartial;
import io.qtrace.lut.CategoryRules;
import io.qtrace.lut.LayerNames;
import io.qtrace.tensor.TensorEntry;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What some tasks found about one checkpoint; parts merge in any order.
 *
 * @param tensors parts of its tensors
 * @param pairs parts of its comparisons with its parents
 * @param checks parts of the checks of its layers
 * @param cost of these parts, and of others that were found with them
 * @param failure why it could not be read; empty if it could
 */
record CheckpointPart(
    List<Tensor> tensors,
    List<Pair> pairs,
    List<Check> checks,
    CompareCost cost,
    Optional<String> failure)
    implements Serializable {
  /** Nothing yet. */
  static final CheckpointPart NONE =
      new CheckpointPart(List.of(), List.of(), List.of(), CompareCost.NONE, Optional.empty());

  /**
   * A range of a tensor that was measured.
   *
   * @param names of the tensor; none if it is a storage that was read only for its CRC
   * @param entry nameless
   */
  record Tensor(List<String> names, TensorEntry entry, Set<Measure> measures, MemberPartial partial)
      implements Serializable {
    static Tensor of(Member member, MemberPartial partial) {
      return new Tensor(member.names(), member.entry(), member.measures(), partial);
    }

    Tensor merge(Tensor other) {
      return new Tensor(names, entry, measures, partial.merge(other.partial));
    }

    private List<Object> key() {
      return List.of(names, entry);
    }

    private void verify() throws FormatException {
      if (measures.contains(Measure.CRC)) {
        partial.crc().verify(entry.storage());
      }
    }

    private TensorFacts facts(String name, CategoryRules categories) {
      return new TensorFacts(
          name,
          categories.of(name),
          entry.dtype(),
          entry.shape(),
          partial.fingerprint(entry).toString(),
          TensorStats.of(partial.stats()),
          partial.values(),
          measures.contains(Measure.NORM) ? Optional.of(partial.norm()) : Optional.empty(),
          measures.contains(Measure.COUNTS) && !partial.counts().outside()
              ? Optional.of(partial.counts().counts())
              : Optional.empty(),
          Optional.of(partial.md5Prefix()).filter(md5 -> !md5.isEmpty()),
          Optional.of(partial.sha256()).filter(sha256 -> !sha256.isEmpty()));
    }
  }

  /** A range of a tensor that was compared with a parent's. */
  record Pair(String parent, List<String> names, long elements, PairPartial partial)
      implements Serializable {
    static Pair of(Member parent, Member child, PairPartial partial) {
      return new Pair(parent.checkpoint(), child.names(), child.entry().elements(), partial);
    }

    Pair merge(Pair other) {
      return new Pair(parent, names, elements, partial.merge(other.partial));
    }

    private List<Object> key() {
      return List.of(parent, names);
    }
  }

  /** A range of a layer that was checked. */
  record Check(String layer, LutCheckPartial partial) implements Serializable {
    static List<Check> of(Member quantized, LutCheckPartial partial) {
      return quantized.names().stream()
          .map(name -> new Check(LayerNames.ofQuantized(name).orElseThrow().layer(), partial))
          .toList();
    }
  }

  /** All parts of one checkpoint, merged. */
  static CheckpointPart merged(Iterable<Packed<CheckpointPart>> parts) {
    Map<List<Object>, Tensor> tensors = new LinkedHashMap<>();
    List<Pair> pairs = new ArrayList<>();
    List<Check> checks = new ArrayList<>();
    CompareCost cost = CompareCost.NONE;
    Optional<String> failure = Optional.empty();
    for (Packed<CheckpointPart> packed : parts) {
      CheckpointPart part = packed.value();
      part.tensors.forEach(tensor -> tensors.merge(tensor.key(), tensor, Tensor::merge));
      pairs.addAll(part.pairs);
      checks.addAll(part.checks);
      cost = cost.plus(part.cost);
      failure = failure.or(part::failure);
    }
    return new CheckpointPart(List.copyOf(tensors.values()), pairs, checks, cost, failure);
  }

  /** Why its storages are damaged, if any is. */
  Optional<String> damage() {
    try {
      for (Tensor tensor : tensors) {
        tensor.verify();
      }
      return Optional.empty();
    } catch (FormatException e) {
      return Optional.of(e.getMessage());
    }
  }

  /** Facts of its tensors, by name. */
  Map<String, TensorFacts> facts(CategoryRules categories) {
    Map<String, TensorFacts> facts = new HashMap<>();
    for (Tensor tensor : tensors) {
      if (tensor.measures.contains(Measure.FINGERPRINT)) {
        tensor.names.forEach(name -> facts.put(name, tensor.facts(name, categories)));
      }
    }
    return facts;
  }

  Map<String, LutCheckPartial> layers() {
    Map<String, LutCheckPartial> layers = new HashMap<>();
    checks.forEach(check -> layers.merge(check.layer, check.partial, LutCheckPartial::merge));
    return layers;
  }

  /** Differences by parent, then by the tensor's name. */
  Map<String, Map<String, TensorDiff>> diffs() {
    Map<List<Object>, Pair> merged = new LinkedHashMap<>();
    pairs.forEach(pair -> merged.merge(pair.key(), pair, Pair::merge));
    Map<String, Map<String, TensorDiff>> diffs = new HashMap<>();
    for (Pair pair : merged.values()) {
      for (String name : pair.names) {
        diffs
            .computeIfAbsent(pair.parent, parent -> new HashMap<>())
            .put(name, TensorDiff.between(name, pair.elements, pair.partial));
      }
    }
    return diffs;
  }
}
