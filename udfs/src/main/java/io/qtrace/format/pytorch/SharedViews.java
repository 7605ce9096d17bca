package io.qtrace.format.pytorch;

import io.qtrace.tensor.CheckpointIndex.Skipped;
import io.qtrace.tensor.TensorEntry;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Bounds what comparisons read of views that share storages, or repeat elements of one: a small
 * file may have any number of them. Names of one view are read once.
 */
final class SharedViews {
  private static final int STORAGE_SHARE = 4;

  // By value, not by hash: a malicious file may contain views with equal hashes.
  private static final Comparator<TensorEntry> ORDER =
      Comparator.comparing((TensorEntry view) -> view.storage().key())
          .thenComparing(TensorEntry::dtype)
          .thenComparingLong(TensorEntry::offset)
          .thenComparing(view -> view.shape().sizes(), SharedViews::compare)
          .thenComparing(TensorEntry::stride, SharedViews::compare);

  private SharedViews() {}

  /**
   * Moves those beyond the bound to the skipped ones.
   *
   * @param mostBytes of views, beyond four times those of the storages
   */
  static void leaveOut(List<TensorEntry> tensors, List<Skipped> skipped, long mostBytes) {
    Map<String, Long> storages = new HashMap<>();
    long all = 0;
    for (TensorEntry tensor : tensors) {
      storages.put(tensor.storage().key(), tensor.storage().bytes());
      all += tensor.bytes();
    }
    long stored = storages.values().stream().mapToLong(Long::longValue).sum();
    long most = STORAGE_SHARE * stored + mostBytes;
    if (all <= most) {
      return;
    }
    Set<TensorEntry> read = new TreeSet<>(ORDER);
    List<TensorEntry> kept = new ArrayList<>();
    long left = most;
    for (TensorEntry tensor : tensors) {
      if (read.contains(tensor)) {
        kept.add(tensor);
      } else if (tensor.bytes() <= left) {
        left -= tensor.bytes();
        read.add(tensor);
        kept.add(tensor);
      } else {
        skipped.add(new Skipped(tensor.name(), reason(stored, most)));
      }
    }
    tensors.clear();
    tensors.addAll(kept);
  }

  private static String reason(long stored, long most) {
    return "one of views of more than %d bytes, of storages of %d (limit view-bytes)"
        .formatted(most, stored);
  }

  private static int compare(List<Long> left, List<Long> right) {
    for (int i = 0; i < Math.min(left.size(), right.size()); i++) {
      int order = Long.compare(left.get(i), right.get(i));
      if (order != 0) {
        return order;
      }
    }
    return Integer.compare(left.size(), right.size());
  }
}
