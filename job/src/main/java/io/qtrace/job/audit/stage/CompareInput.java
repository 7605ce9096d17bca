package io.qtrace.job.audit.stage;

import io.qtrace.compare.Measure;
import io.qtrace.io.ObjectStat;
import io.qtrace.tensor.CheckpointIndex;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What the compare stage works on; positions refer to {@code checkpoints}.
 *
 * @param files of each checkpoint the files it was indexed from, as they were then
 * @param pairs checkpoints to compare, parent and child
 * @param known for each checkpoint what an earlier audit measured, by tensor name; empty for one
 *     that is new and has to be measured
 * @param measures what is wanted of every tensor of a new checkpoint
 */
public record CompareInput(
    List<CheckpointIndex> checkpoints,
    List<List<ObjectStat>> files,
    List<Pair> pairs,
    List<Map<String, TensorFacts>> known,
    Set<Measure> measures) {
  /** Two checkpoints by position. */
  public record Pair(int left, int right) {}

  public CompareInput {
    checkpoints = List.copyOf(checkpoints);
    files = List.copyOf(files);
    pairs = List.copyOf(pairs);
    known = List.copyOf(known);
    measures = Set.copyOf(measures);
    if (files.size() != checkpoints.size()) {
      throw new IllegalArgumentException(
          "Invalid files: of %d checkpoints, expected %d"
              .formatted(files.size(), checkpoints.size()));
    }
    if (known.size() != checkpoints.size()) {
      throw new IllegalArgumentException(
          "Invalid known facts: of %d checkpoints, expected %d"
              .formatted(known.size(), checkpoints.size()));
    }
  }

  boolean isNew(int checkpoint) {
    return known.get(checkpoint).isEmpty();
  }
}
