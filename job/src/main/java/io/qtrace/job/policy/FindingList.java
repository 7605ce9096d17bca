package io.qtrace.job.policy;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** Collects the findings of one edge; what a waiver covers is kept apart from what counts. */
public final class FindingList {
  private final Waivers waivers;
  private final List<Finding> findings = new ArrayList<>();
  private final List<String> notes = new ArrayList<>();

  public FindingList(Waivers waivers) {
    this.waivers = waivers;
  }

  /**
   * Adds tensors or layers that break a rule: one finding for those that count, and one for those
   * covered by each waiver.
   *
   * @param name of the tensor or layer
   * @param message of some of those that break it, at least one
   */
  public <T> void add(
      String rule, List<T> broken, Function<T, String> name, Function<List<T>, String> message) {
    Map<Optional<Waiver>, List<T>> byWaiver = new LinkedHashMap<>();
    for (T one : broken) {
      byWaiver
          .computeIfAbsent(waivers.covering(rule, name.apply(one)), waiver -> new ArrayList<>())
          .add(one);
    }
    byWaiver.forEach(
        (waiver, those) -> {
          Finding finding =
              new Finding(rule, those.size(), name.apply(those.get(0)), message.apply(those));
          findings.add(waiver.map(holds -> holds.applyTo(finding)).orElse(finding));
        });
    notes.addAll(waivers.expiredNotes(rule, broken.stream().map(name).toList()));
  }

  public List<Finding> findings() {
    return findings;
  }

  /** Notes about expired waivers that would have covered something. */
  public List<String> notes() {
    return notes;
  }

  public Verdict verdict() {
    return findings.stream().anyMatch(Finding::counts) ? Verdict.VIOLATION : Verdict.CLEAN;
  }
}
