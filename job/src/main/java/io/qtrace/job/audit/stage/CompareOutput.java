package io.qtrace.job.audit.stage;

import io.qtrace.kernel.LutCheckPartial;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What the compare stage found; positions are those of its input.
 *
 * @param facts for each checkpoint what is known of its tensors, by name; empty for one that failed
 * @param checks for each new checkpoint how its layers agree with their LUTs, by layer; layers that
 *     cannot be checked are left out
 * @param pairs for each pair its comparison; empty where a side failed
 * @param failures why a checkpoint could not be read, by position
 * @param changed those of the failures whose files were written while they were read
 * @param bytesRead bytes of tensors asked of the object store
 * @param tensorsCompared pairs of tensors whose bytes were compared
 */
public record CompareOutput(
    List<Map<String, TensorFacts>> facts,
    List<Map<String, LutCheckPartial>> checks,
    List<Optional<PairComparison>> pairs,
    Map<Integer, String> failures,
    Set<Integer> changed,
    long bytesRead,
    long tensorsCompared) {
  public CompareOutput {
    facts = List.copyOf(facts);
    checks = List.copyOf(checks);
    pairs = List.copyOf(pairs);
    failures = Map.copyOf(failures);
    changed = Set.copyOf(changed);
  }
}
