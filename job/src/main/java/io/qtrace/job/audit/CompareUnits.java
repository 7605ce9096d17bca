package io.qtrace.job.audit;

import io.qtrace.compare.Measure;
import io.qtrace.job.audit.CompareUnit.Link;
import io.qtrace.job.audit.CompareUnit.Member;
import io.qtrace.tensor.CheckpointIndex;
import io.qtrace.tensor.TensorEntry;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/** Groups the tensors of an input into units. */
final class CompareUnits {
  /** Members of one unit at most, so that a block of each fits a task's memory. */
  static final int MAX_MEMBERS = 16;

  private final CompareInput input;
  private final Map<List<Object>, CompareUnit> units = new LinkedHashMap<>();

  private CompareUnits(CompareInput input) {
    this.input = input;
  }

  static List<CompareUnit> of(CompareInput input) {
    CompareUnits units = new CompareUnits(input);
    units.byName().forEach(units::addName);
    return StorageChecks.added(input, List.copyOf(units.units.values()));
  }

  private Map<String, Map<Integer, TensorEntry>> byName() {
    Map<String, Map<Integer, TensorEntry>> entries = new TreeMap<>();
    for (int i = 0; i < input.checkpoints().size(); i++) {
      CheckpointIndex checkpoint = input.checkpoints().get(i);
      for (TensorEntry entry : checkpoint.tensors()) {
        entries.computeIfAbsent(entry.name(), name -> new TreeMap<>()).put(i, entry);
      }
    }
    return entries;
  }

  private void addName(String name, Map<Integer, TensorEntry> entries) {
    Set<Integer> unmeasured = new TreeSet<>(entries.keySet());
    unmeasured.removeIf(checkpoint -> !input.isNew(checkpoint));
    Open open = new Open(name, entries, unmeasured);
    for (int p = 0; p < input.pairs().size(); p++) {
      CompareInput.Pair pair = input.pairs().get(p);
      if (mustRead(name, entries.get(pair.left()), entries.get(pair.right()), pair)) {
        open = open.add(p, pair);
      }
    }
    open.close();
    for (int checkpoint : List.copyOf(unmeasured)) {
      Open alone = new Open(name, entries, unmeasured);
      alone.member(checkpoint);
      alone.close();
    }
  }

  // Equal fingerprints of equal dtype and shape are proof enough: nothing of such a pair is read.
  private boolean mustRead(
      String name, TensorEntry left, TensorEntry right, CompareInput.Pair pair) {
    if (left == null || right == null || !left.shape().equals(right.shape())) {
      return false;
    }
    TensorFacts leftFacts = input.known().get(pair.left()).get(name);
    TensorFacts rightFacts = input.known().get(pair.right()).get(name);
    return leftFacts == null
        || rightFacts == null
        || left.dtype() != right.dtype()
        || !leftFacts.fingerprint().equals(rightFacts.fingerprint());
  }

  /** A unit that still takes pairs. */
  private final class Open {
    private final String name;
    private final Map<Integer, TensorEntry> entries;
    private final Set<Integer> unmeasured;
    private final Map<Integer, Integer> places = new LinkedHashMap<>();
    private final List<Member> members = new ArrayList<>();
    private final List<Link> links = new ArrayList<>();

    Open(String name, Map<Integer, TensorEntry> entries, Set<Integer> unmeasured) {
      this.name = name;
      this.entries = entries;
      this.unmeasured = unmeasured;
    }

    Open add(int index, CompareInput.Pair pair) {
      boolean sameShape =
          members.isEmpty()
              || members.get(0).entry().shape().equals(entries.get(pair.left()).shape());
      long more =
          Stream.of(pair.left(), pair.right()).filter(end -> !places.containsKey(end)).count();
      boolean fits = sameShape && members.size() + more <= MAX_MEMBERS;
      if (!fits) {
        close();
        return new Open(name, entries, unmeasured).add(index, pair);
      }
      links.add(new Link(index, member(pair.left()), member(pair.right())));
      return this;
    }

    int member(int checkpoint) {
      return places.computeIfAbsent(
          checkpoint,
          c -> {
            Set<Measure> measures = unmeasured.remove(c) ? input.measures() : Set.of();
            members.add(new Member(c, entries.get(c).withName(""), measures));
            return members.size() - 1;
          });
    }

    void close() {
      if (members.isEmpty()) {
        return;
      }
      CompareUnit unit = new CompareUnit(List.of(name), members, links);
      units.merge(List.of(unit.members(), unit.pairs()), unit, CompareUnits::sharing);
    }
  }

  private static CompareUnit sharing(CompareUnit one, CompareUnit other) {
    List<String> names = new ArrayList<>(one.names());
    names.addAll(other.names());
    return new CompareUnit(names, one.members(), one.pairs());
  }
}
