package io.qtrace.job.parents;

import io.qtrace.io.Amount;
import io.qtrace.io.SafeText;
import io.qtrace.job.policy.Finding;
import io.qtrace.job.policy.FindingList;
import io.qtrace.job.policy.Waivers;
import java.io.Serializable;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;

/**
 * Tensors of a checkpoint that equal those of another one which is not an ancestor, while others of
 * their groups do not.
 *
 * @param donor path of the other
 * @param tensors their names, at least one
 */
public record GraftedTensors(String donor, List<String> tensors) implements Serializable {
  private static final String RULE = "grafted";

  public GraftedTensors {
    Objects.requireNonNull(donor, "donor");
    tensors = List.copyOf(tensors);
  }

  /** The finding on an edge that leads to the checkpoint; several where waivers cover some. */
  public FindingList findings(Waivers waivers) {
    FindingList findings = new FindingList(waivers);
    findings.add(
        RULE,
        tensors,
        Function.identity(),
        those ->
            "%s byte for byte as in %s, unlike others of the group, such as %s: training never comes out the same twice"
                .formatted(
                    Amount.of(those.size(), "tensor"),
                    SafeText.of(donor),
                    SafeText.of(those.get(0))));
    return findings;
  }

  /** Whether a finding is of this kind. */
  public static boolean isGraft(Finding finding) {
    return finding.rule().equals(RULE);
  }
}
