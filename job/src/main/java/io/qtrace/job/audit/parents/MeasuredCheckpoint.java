package io.qtrace.job.audit.parents;

import io.qtrace.job.archive.CheckpointFile;
import io.qtrace.job.lineage.TensorRow;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;

/**
 * A checkpoint whose parent is looked for.
 *
 * @param file where it is; its role, step and time are hints that decide ties alone
 * @param tensors what was measured of its tensors, by name
 * @param stale layers of which {@code _Q} is known not to be {@code lut[_indices]}
 */
public record MeasuredCheckpoint(
    CheckpointFile file, Map<String, TensorRow> tensors, Set<String> stale) {
  public MeasuredCheckpoint {
    Objects.requireNonNull(file, "file");
    tensors = Collections.unmodifiableMap(new LinkedHashMap<>(new TreeMap<>(tensors)));
    stale = Set.copyOf(stale);
  }

  public static MeasuredCheckpoint of(
      CheckpointFile file, Collection<TensorRow> rows, Set<String> stale) {
    Map<String, TensorRow> tensors = new TreeMap<>();
    rows.forEach(row -> tensors.put(row.name(), row));
    return new MeasuredCheckpoint(file, tensors, stale);
  }
}
