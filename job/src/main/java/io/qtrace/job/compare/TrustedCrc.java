package io.qtrace.job.compare;

import io.qtrace.compare.Measure;
import io.qtrace.lut.CategoryRules;
import io.qtrace.lut.LayerNames;
import io.qtrace.tensor.CheckpointIndex;
import io.qtrace.tensor.Storage;
import io.qtrace.tensor.TensorEntry;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Selects the tensors of two files that are assumed to be equal and not read, because both files
 * state the same CRC-32, size, dtype, shape and layout for them. One in 2^32 pairs of different
 * contents is mistaken for equal, unless the contents are forged. Small tensors, whose values are
 * needed to judge others, are always read, and so is a layer if any of {@code _Q}, {@code _indices}
 * and LUT differs.
 */
public final class TrustedCrc {
  private final Map<String, TensorEntry> left;
  private final Map<String, TensorEntry> right;

  private TrustedCrc(CheckpointIndex left, CheckpointIndex right) {
    this.left = left.byName();
    this.right = right.byName();
  }

  /** Names of the tensors, in the left file's order. */
  public static Set<String> unread(CheckpointIndex left, CheckpointIndex right) {
    TrustedCrc crc = new TrustedCrc(left, right);
    Set<String> names = new LinkedHashSet<>();
    crc.left.keySet().stream().filter(crc::isUnread).forEach(names::add);
    return names;
  }

  /**
   * The facts of a checkpoint, completed with those of its unread tensors.
   *
   * @param read facts of the others
   */
  public static CheckpointFacts completed(
      CheckpointFacts read, CheckpointIndex index, Set<String> unread, CategoryRules categories) {
    Map<String, TensorFacts> all = new LinkedHashMap<>();
    for (TensorEntry tensor : index.tensors()) {
      String name = tensor.name();
      if (unread.contains(name)) {
        all.put(name, TensorFacts.unread(tensor, categories.of(name)));
      } else {
        read.tensor(name).ifPresent(facts -> all.put(name, facts));
      }
    }
    return read.withTensors(all);
  }

  private boolean isUnread(String name) {
    if (left.get(name).elements() <= Measure.MAX_VALUES || !isEqual(name)) {
      return false;
    }
    Optional<LayerNames> layer = LayerNames.ofQuantized(name).or(() -> LayerNames.ofIndices(name));
    return layer.isEmpty()
        || (isEqual(layer.get().quantized())
            && isEqual(layer.get().indices())
            && isEqual(layer.get().lut()));
  }

  // A name that neither file has counts as equal.
  private boolean isEqual(String name) {
    TensorEntry one = left.get(name);
    TensorEntry other = right.get(name);
    if (one == null || other == null) {
      return one == other;
    }
    return one.dtype() == other.dtype()
        && one.shape().equals(other.shape())
        && one.stride().equals(other.stride())
        && one.offset() == other.offset()
        && isEqual(one.storage(), other.storage());
  }

  private static boolean isEqual(Storage one, Storage other) {
    return one.crc32() != Storage.UNVERIFIED
        && one.crc32() == other.crc32()
        && one.bytes() == other.bytes()
        && one.order() == other.order();
  }
}
