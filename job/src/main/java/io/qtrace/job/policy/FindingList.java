package io.qtrace.job.policy;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** Findings of one edge as they are made: what a waiver covers stands apart from what counts. */
public final class FindingList {
  private final Waivers waivers;
  private final List<Finding> findings = new ArrayList<>();
  private final List<String> notes = new ArrayList<>();

  public FindingList(Waivers waivers) {
    this.waivers = waivers;
  }

  /**
   * Adds what breaks a rule: one finding of those that count, one of those that each waiver covers.
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

  /** Which waivers would have covered something, had they not expired. */
  public List<String> notes() {
    return notes;
  }

  public Verdict verdict() {
    return findings.stream().anyMatch(Finding::counts) ? Verdict.VIOLATION : Verdict.CLEAN;
  }
}
