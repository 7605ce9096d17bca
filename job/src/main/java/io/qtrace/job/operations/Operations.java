package io.qtrace.job.operations;

import io.qtrace.job.compare.Recomputation;
import io.qtrace.job.policy.EdgeKind;
import io.qtrace.job.policy.Policy;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The operations that qtrace knows. If two leave equally little unexplained, the first is chosen,
 * so those with the most specific changes come first.
 */
public record Operations(List<Operation> all) implements Serializable {
  /** A new operation is its class, this line, and a section of {@code conf/policy.yaml}. */
  public static final Operations KNOWN =
      new Operations(
          List.of(
              new Copy(),
              new Graft(),
              new Average(),
              new Requantize(),
              new Snap(),
              new Cast(),
              new Bake(),
              new Refresh(),
              new Sync(),
              new ReplaceLut(),
              new Adapter(),
              new MergeLora(),
              new Quantize(),
              new Convert(),
              new Dequantize(),
              new HardQuantize(),
              new Rescale(),
              new Train()));

  public Operations {
    all = List.copyOf(all);
  }

  /** These and another, which is considered first. */
  public Operations with(Operation operation) {
    List<Operation> more = new ArrayList<>(List.of(operation));
    more.addAll(all);
    return new Operations(more);
  }

  /** Kinds whose numbers have to be recomputed to be certain. */
  public Set<EdgeKind> provedByData() {
    return all.stream()
        .filter(Operation::isProvedByData)
        .map(Operation::kind)
        .collect(Collectors.toSet());
  }

  public Optional<Operation> of(EdgeKind kind) {
    return all.stream().filter(operation -> operation.kind().equals(kind)).findFirst();
  }

  /** All kinds, including unknown. */
  public List<EdgeKind> kinds() {
    List<EdgeKind> kinds = new ArrayList<>(all.stream().map(Operation::kind).toList());
    kinds.add(EdgeKind.UNKNOWN);
    return kinds;
  }

  /**
   * Checks that a policy has expectations for each operation, and for no other.
   *
   * @throws IllegalArgumentException naming the section that is missing or unknown
   */
  public void check(Policy policy) {
    kinds().forEach(policy::requireKind);
    check("edges.", policy.edges().keySet());
    policy
        .overrides()
        .forEach(
            one -> check("edges of override %s, ".formatted(one.name()), one.edges().keySet()));
  }

  private void check(String section, Set<EdgeKind> named) {
    for (EdgeKind kind : named) {
      if (!kinds().contains(kind)) {
        throw new IllegalArgumentException(
            "Invalid policy: unknown section %s%s, expected one of %s"
                .formatted(section, kind.label(), kinds()));
      }
    }
  }

  /** The recomputations that the operations need for a step, by their keys. */
  public Map<String, Recomputation> recomputations(Step step, Ends ends) {
    Map<String, Recomputation> wanted = new TreeMap<>();
    all.forEach(operation -> wanted.putAll(operation.recomputations(step, ends)));
    return wanted;
  }

  /** A sentence about the {@code _Q} buffers of a pair that no operation explains. */
  public static String unexplainedConclusion(long changed, long all) {
    return "%d of %d _Q buffers changed and no single operation explains it; compare the checkpoints in between"
        .formatted(changed, all);
  }
}
