package io.qtrace.compare;

import io.qtrace.arrow.ReadOptions;
import io.qtrace.io.ObjectStat;
import io.qtrace.io.ObjectStore;
import io.qtrace.kernel.LutCheckPartial;
import io.qtrace.tensor.Storage;
import io.qtrace.tensor.TensorEntry;
import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Measures and compares whole tensors and reads no bytes but theirs. The CRC-32 of a storage is
 * checked where a tensor fills it. Not thread safe.
 */
public final class TensorMeter implements Closeable {
  private static final long MEMORY_BYTES = 64 << 20;

  private final RangeComparison comparison;

  /**
   * @param files of the tensors, as they were indexed; may lack some
   */
  public TensorMeter(ObjectStore store, Collection<ObjectStat> files) {
    Map<String, ObjectStat> known = new HashMap<>();
    files.forEach(file -> known.put(file.uri(), file));
    boolean local = known.keySet().stream().allMatch(uri -> uri.startsWith("file:"));
    this.comparison =
        new RangeComparison(
            store,
            MEMORY_BYTES,
            local ? ReadOptions.LOCAL_DISK : ReadOptions.OBJECT_STORE,
            known,
            FailureReason.NONE);
  }

  /**
   * Measures some tensors; small ones are read together.
   *
   * @param maxValues elements of the largest tensor whose values are kept
   * @return in the order of the tensors
   * @throws IOException naming the file, if one cannot be read or is damaged
   */
  public List<MemberPartial> measure(
      List<TensorEntry> tensors, Set<Measure> measures, int maxValues) throws IOException {
    List<RangeTask> tasks = new ArrayList<>();
    for (TensorEntry tensor : tensors) {
      tasks.add(RangeTask.whole(List.of(member(tensor, measures, maxValues)), List.of()));
    }
    List<RangeResult> results = comparison.run(tasks);
    List<MemberPartial> measured = new ArrayList<>();
    for (int i = 0; i < results.size(); i++) {
      measured.add(verified(tasks.get(i), results.get(i)).members().get(0));
    }
    return measured;
  }

  /**
   * Compares two tensors of one name.
   *
   * @throws IOException as {@link #measure}
   */
  public TensorDiff compare(TensorEntry left, TensorEntry right) throws IOException {
    if (!left.shape().equals(right.shape())) {
      return TensorDiff.reshaped(right.name());
    }
    RangeTask task =
        RangeTask.whole(
            List.of(member(left, Set.of(), 0), member(right, Set.of(), 0)),
            List.of(new RangeTask.Pair(0, 1)));
    RangeResult result = verified(task, comparison.run(task));
    return TensorDiff.between(right.name(), right.elements(), result.pairs().get(0));
  }

  /**
   * Checks a layer's {@code _Q} against {@code lut[_indices]}.
   *
   * @throws IOException as {@link #measure}
   * @throws IllegalArgumentException if dtypes or shapes do not fit
   */
  public LutCheckPartial check(TensorEntry quantized, TensorEntry indices, TensorEntry lut)
      throws IOException {
    RangeTask task =
        RangeTask.whole(
            List.of(member(quantized, Set.of(), 0), member(indices, Set.of(), 0)),
            List.of(),
            List.of(new LutCheck(0, 1, lut)));
    return verified(task, comparison.run(task)).checks().get(0);
  }

  /** Bytes requested from files by all calls together. */
  public long bytesRead() {
    return comparison.bytesRead();
  }

  @Override
  public void close() throws IOException {
    comparison.close();
  }

  private static RangeTask.Member member(TensorEntry tensor, Set<Measure> measures, int maxValues) {
    Set<Measure> all = EnumSet.noneOf(Measure.class);
    all.addAll(measures);
    if (verifies(tensor)) {
      all.add(Measure.CRC);
    }
    return new RangeTask.Member(tensor.name(), tensor, all, maxValues);
  }

  private static RangeResult verified(RangeTask task, RangeResult result) throws IOException {
    if (!result.failures().isEmpty()) {
      throw new IOException(result.failures().values().iterator().next());
    }
    for (int i = 0; i < task.members().size(); i++) {
      TensorEntry tensor = task.members().get(i).tensor();
      if (verifies(tensor)) {
        result.members().get(i).crc().verify(tensor.storage());
      }
    }
    return result;
  }

  /** Whether the file states a CRC-32 of just the tensor's bytes. */
  static boolean verifies(TensorEntry tensor) {
    return tensor.storage().crc32() != Storage.UNVERIFIED && tensor.fillsStorage();
  }
}
