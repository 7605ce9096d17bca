package io.qtrace.job.audit.stage;

import io.qtrace.compare.Measure;
import io.qtrace.compare.MemberPartial;
import io.qtrace.compare.PairPartial;
import io.qtrace.compare.RangeResult;
import io.qtrace.compare.TensorDiff;
import io.qtrace.compare.TensorStats;
import io.qtrace.io.FormatException;
import io.qtrace.io.ObjectStat;
import io.qtrace.job.audit.policy.CategoryRules;
import io.qtrace.job.audit.stage.CompareUnit.Link;
import io.qtrace.job.audit.stage.CompareUnit.Member;
import io.qtrace.kernel.LutCheckPartial;
import io.qtrace.tensor.TensorEntry;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** Gathers what the tasks found into facts of tensors and comparisons of pairs. */
final class CompareResults {
  private final CompareInput input;
  private final CategoryRules categories;
  private final List<Map<String, TensorFacts>> facts = new ArrayList<>();
  private final List<Map<String, PairPartial>> partials = new ArrayList<>();
  private final List<Map<String, LutCheckPartial>> checks = new ArrayList<>(); // by layer
  private final Map<Integer, String> failures = new TreeMap<>();
  private final Set<Integer> changed = new TreeSet<>();

  CompareResults(CompareInput input, CategoryRules categories) {
    this.input = input;
    this.categories = categories;
    input.known().forEach(known -> facts.add(new TreeMap<>(known)));
    input.known().forEach(known -> checks.add(new TreeMap<>()));
    input.pairs().forEach(pair -> partials.add(new HashMap<>()));
  }

  Set<Integer> failed() {
    return failures.keySet();
  }

  /** Takes outcomes in; returns the units of which nothing could be taken. */
  List<CompareUnit> take(List<CompareUnit> units, Map<Integer, UnitOutcome> outcomes) {
    List<CompareUnit> again = new ArrayList<>();
    outcomes.forEach(
        (index, outcome) -> {
          CompareUnit unit = units.get(index);
          if (outcome instanceof UnitOutcome.Read read) {
            take(unit, read.result());
          } else if (outcome instanceof UnitOutcome.Failed failed) {
            failed.reasons().forEach((file, reason) -> fail(unit, file, reason));
            again.add(unit);
          }
        });
    return again;
  }

  /** Files that are not as they were: whatever was read of them counts for nothing. */
  void takeChanged(Map<String, String> reasons) {
    for (int i = 0; i < input.checkpoints().size(); i++) {
      for (ObjectStat file : input.files().get(i)) {
        if (reasons.containsKey(file.uri())) {
          failures.put(i, reasons.get(file.uri()));
          changed.add(i);
        }
      }
    }
  }

  private void fail(CompareUnit unit, String file, String reason) {
    List<Integer> checkpoints = unit.checkpoints(file);
    if (checkpoints.isEmpty()) {
      throw new IllegalStateException("Cannot tell whose file it is: " + reason);
    }
    checkpoints.forEach(checkpoint -> failures.putIfAbsent(checkpoint, reason));
  }

  private void take(CompareUnit unit, RangeResult result) {
    for (int i = 0; i < unit.members().size(); i++) {
      take(unit.members().get(i), result.members().get(i));
    }
    for (int i = 0; i < unit.pairs().size(); i++) {
      Link link = unit.pairs().get(i);
      for (String name : unit.members().get(link.left()).names()) {
        partials.get(link.pair()).put(name, result.pairs().get(i));
      }
    }
    for (int i = 0; i < unit.checks().size(); i++) {
      Member quantized = unit.members().get(unit.checks().get(i).quantized());
      for (String name : quantized.names()) {
        Layer layer = Layer.ofQuantized(name).orElseThrow();
        checks.get(quantized.checkpoint()).put(layer.name(), result.checks().get(i));
      }
    }
  }

  private void take(Member member, MemberPartial partial) {
    if (member.measures().contains(Measure.CRC)) {
      try {
        partial.crc().verify(member.entry().storage());
      } catch (FormatException e) {
        failures.putIfAbsent(member.checkpoint(), e.getMessage());
      }
    }
    if (member.measures().contains(Measure.FINGERPRINT)) {
      for (String name : member.names()) {
        facts.get(member.checkpoint()).put(name, facts(name, member, partial));
      }
    }
  }

  private TensorFacts facts(String name, Member member, MemberPartial partial) {
    TensorEntry entry = member.entry();
    return new TensorFacts(
        name,
        categories.of(name),
        entry.dtype(),
        entry.shape(),
        partial.fingerprint(entry).toString(),
        TensorStats.of(partial.stats()),
        partial.values(),
        Optional.of(partial.md5Prefix()).filter(md5 -> !md5.isEmpty()));
  }

  CompareOutput output(CompareMetrics metrics) {
    for (int failed : failures.keySet()) {
      facts.set(failed, Map.of());
      checks.set(failed, Map.of());
    }
    List<Optional<PairComparison>> pairs = new ArrayList<>();
    for (int p = 0; p < input.pairs().size(); p++) {
      CompareInput.Pair pair = input.pairs().get(p);
      boolean readable = !failures.containsKey(pair.left()) && !failures.containsKey(pair.right());
      pairs.add(readable ? Optional.of(comparison(pair, partials.get(p))) : Optional.empty());
    }
    return new CompareOutput(
        facts,
        checks,
        pairs,
        failures,
        changed,
        metrics.bytesRead().value(),
        metrics.tensorsCompared().value());
  }

  private PairComparison comparison(CompareInput.Pair pair, Map<String, PairPartial> found) {
    Map<String, TensorFacts> left = facts.get(pair.left());
    Map<String, TensorFacts> right = facts.get(pair.right());
    Set<String> names = new LinkedHashSet<>();
    for (int side : List.of(pair.left(), pair.right())) {
      input.checkpoints().get(side).tensors().forEach(tensor -> names.add(tensor.name()));
    }
    return new PairComparison(
        names.stream()
            .map(name -> comparison(name, left.get(name), right.get(name), found.get(name)))
            .toList());
  }

  private TensorComparison comparison(
      String name, TensorFacts left, TensorFacts right, PairPartial found) {
    return new TensorComparison(
        name,
        categories.of(name),
        Optional.ofNullable(left),
        Optional.ofNullable(right),
        diff(name, left, right, found));
  }

  private static TensorDiff diff(
      String name, TensorFacts left, TensorFacts right, PairPartial found) {
    if (left == null) {
      return TensorDiff.added(name);
    }
    if (right == null) {
      return TensorDiff.removed(name);
    }
    if (!left.shape().equals(right.shape())) {
      return TensorDiff.reshaped(name);
    }
    // Not read again: the fingerprints were known, and equal.
    return found == null
        ? TensorDiff.identical(name, left.shape().elements())
        : TensorDiff.between(name, left.shape().elements(), found);
  }
}
