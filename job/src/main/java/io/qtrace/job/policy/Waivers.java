package io.qtrace.job.policy;

import io.qtrace.io.SafeText;
import java.io.Serializable;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * The waivers of a policy on a given day.
 *
 * @param all in the order of the policy; no two have the same rule, reason and date
 * @param today in UTC
 */
public record Waivers(List<Waiver> all, LocalDate today) implements Serializable {
  public Waivers {
    all = List.copyOf(all);
    Objects.requireNonNull(today, "today");
    Set<List<Object>> seen = new HashSet<>();
    for (Waiver waiver : all) {
      if (!seen.add(List.of(waiver.rule(), waiver.reason(), waiver.expires()))) {
        throw new IllegalArgumentException(
            "Invalid waiver of %s: another one has the same reason and date, expected one with the globs of both"
                .formatted(waiver.rule()));
      }
    }
  }

  /** Those for one checkpoint. */
  public Waivers of(String run, String checkpoint) {
    return new Waivers(
        all.stream().filter(waiver -> waiver.isAbout(run, checkpoint)).toList(), today);
  }

  /** The waiver in force for a rule that a tensor breaks. */
  public Optional<Waiver> covering(String rule, String tensor) {
    return all.stream()
        .filter(waiver -> !waiver.isExpired(today) && waiver.covers(rule, tensor))
        .findFirst();
  }

  /** An audit's finding about a run or a checkpoint, its example, waived if a waiver covers it. */
  public Finding apply(Finding finding) {
    String path = finding.example();
    String folder = path.substring(0, Math.max(path.lastIndexOf('/'), 0));
    return all.stream()
        .filter(waiver -> waiver.isAbout(folder, path) || waiver.isAbout(path, path))
        .filter(waiver -> !waiver.isExpired(today) && waiver.covers(finding.rule(), path))
        .findFirst()
        .map(waiver -> waiver.applyTo(finding))
        .orElse(finding);
  }

  /** A note for each expired waiver that covers one of the tensors that break a rule. */
  public List<String> expiredNotes(String rule, Collection<String> tensors) {
    return all.stream()
        .filter(waiver -> waiver.isExpired(today))
        .filter(waiver -> tensors.stream().anyMatch(tensor -> waiver.covers(rule, tensor)))
        .map(Waivers::expired)
        .toList();
  }

  private static String expired(Waiver waiver) {
    return "the waiver of %s expired on %s: %s"
        .formatted(waiver.rule(), waiver.expires(), SafeText.of(waiver.reason()));
  }

  /** A note for each waiver that expired, or covers no finding of an audit. */
  public List<String> unusedNotes(Collection<Finding> findings) {
    List<String> notes = new ArrayList<>();
    for (Waiver waiver : all) {
      if (waiver.isExpired(today)) {
        notes.add(expired(waiver));
      } else if (findings.stream().noneMatch(waiver::waived)) {
        notes.add(
            "the waiver of %s covers nothing: %s"
                .formatted(waiver.rule(), SafeText.of(waiver.reason())));
      }
    }
    return notes;
  }

  /** A digit for each waiver, 1 while it is in force: this depends on the day. */
  String inForce() {
    StringBuilder digits = new StringBuilder();
    all.forEach(waiver -> digits.append(waiver.isExpired(today) ? '0' : '1'));
    return digits.toString();
  }
}
