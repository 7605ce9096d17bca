package io.qtrace.job.audit.stage;

import io.qtrace.compare.LutCheck;
import io.qtrace.compare.Measure;
import io.qtrace.job.audit.stage.CompareUnit.Link;
import io.qtrace.job.audit.stage.CompareUnit.Member;
import io.qtrace.tensor.CheckpointIndex;
import io.qtrace.tensor.Shape;
import io.qtrace.tensor.TensorEntry;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Groups the tensors of an input into units: those of one name and shape, where {@code _Q} and
 * {@code _indices} of a layer go together so that the one is checked against the other.
 */
final class CompareUnits {
  /** Checkpoints of one unit at most, so that a block of each member fits a task's memory. */
  static final int MAX_CHECKPOINTS = 16;

  private final CompareInput input;
  private final List<Map<String, TensorEntry>> luts = new ArrayList<>(); // by checkpoint
  private final Map<List<Object>, CompareUnit> units = new LinkedHashMap<>();

  private CompareUnits(CompareInput input) {
    this.input = input;
  }

  static List<CompareUnit> of(CompareInput input) {
    CompareUnits units = new CompareUnits(input);
    units.groups().forEach((what, entries) -> units.addGroup(what.layer(), entries));
    return StorageChecks.added(input, List.copyOf(units.units.values()));
  }

  /**
   * What tensors have in common that are read together.
   *
   * @param name of the tensor; none of {@code _Q} and {@code _indices}
   * @param layer of {@code _Q} and {@code _indices}
   */
  private record Group(Optional<String> name, Optional<Layer> layer, Shape shape) {
    static Group of(TensorEntry tensor) {
      Optional<Layer> layer = Layer.ofChecked(tensor.name());
      Optional<String> name = layer.isEmpty() ? Optional.of(tensor.name()) : Optional.empty();
      return new Group(name, layer, tensor.shape());
    }
  }

  // Tensors by name, by checkpoint, by group.
  private Map<Group, Map<Integer, Map<String, TensorEntry>>> groups() {
    Map<Group, Map<Integer, Map<String, TensorEntry>>> groups = new LinkedHashMap<>();
    for (int i = 0; i < input.checkpoints().size(); i++) {
      CheckpointIndex checkpoint = input.checkpoints().get(i);
      for (TensorEntry entry : checkpoint.tensors()) {
        groups
            .computeIfAbsent(Group.of(entry), group -> new TreeMap<>())
            .computeIfAbsent(i, c -> new TreeMap<>())
            .put(entry.name(), entry);
      }
      luts.add(
          checkpoint.tensors().stream()
              .filter(LutCheck::isTable)
              .collect(Collectors.toMap(TensorEntry::name, entry -> entry)));
    }
    return groups;
  }

  private void addGroup(Optional<Layer> layer, Map<Integer, Map<String, TensorEntry>> entries) {
    Set<Integer> unmeasured = new TreeSet<>(entries.keySet());
    unmeasured.removeIf(checkpoint -> !input.isNew(checkpoint));
    Open open = new Open(layer, entries, unmeasured);
    for (int p = 0; p < input.pairs().size(); p++) {
      CompareInput.Pair pair = input.pairs().get(p);
      Map<String, TensorEntry> left = entries.getOrDefault(pair.left(), Map.of());
      Map<String, TensorEntry> right = entries.getOrDefault(pair.right(), Map.of());
      for (String name : left.keySet()) {
        if (right.containsKey(name) && mustRead(left.get(name), right.get(name), pair)) {
          open = open.add(p, name);
        }
      }
    }
    open.close();
    for (int checkpoint : List.copyOf(unmeasured)) {
      Open alone = new Open(layer, entries, unmeasured);
      alone.enter(checkpoint);
      alone.close();
    }
  }

  // Equal fingerprints of equal dtype and shape are proof enough: nothing of such a pair is read.
  private boolean mustRead(TensorEntry left, TensorEntry right, CompareInput.Pair pair) {
    TensorFacts leftFacts = input.known().get(pair.left()).get(left.name());
    TensorFacts rightFacts = input.known().get(pair.right()).get(right.name());
    return leftFacts == null
        || rightFacts == null
        || left.dtype() != right.dtype()
        || !leftFacts.fingerprint().equals(rightFacts.fingerprint());
  }

  private record Place(int checkpoint, String name) {}

  /** A unit that still takes pairs. */
  private final class Open {
    private final Optional<Layer> layer;
    private final Map<Integer, Map<String, TensorEntry>> entries;
    private final Set<Integer> unmeasured;
    private final Set<Integer> checkpoints = new TreeSet<>();
    private final Map<Place, Integer> places = new HashMap<>();
    private final List<Member> members = new ArrayList<>();
    private final List<Link> links = new ArrayList<>();
    private final List<LutCheck> checks = new ArrayList<>();

    Open(
        Optional<Layer> layer,
        Map<Integer, Map<String, TensorEntry>> entries,
        Set<Integer> unmeasured) {
      this.layer = layer;
      this.entries = entries;
      this.unmeasured = unmeasured;
    }

    Open add(int index, String name) {
      CompareInput.Pair pair = input.pairs().get(index);
      long more =
          Stream.of(pair.left(), pair.right()).filter(end -> !checkpoints.contains(end)).count();
      if (checkpoints.size() + more > MAX_CHECKPOINTS) {
        close();
        return new Open(layer, entries, unmeasured).add(index, name);
      }
      enter(pair.left());
      enter(pair.right());
      links.add(new Link(index, place(pair.left(), name), place(pair.right(), name)));
      return this;
    }

    /** Takes in all of a checkpoint that has to be measured, and with it the check. */
    void enter(int checkpoint) {
      checkpoints.add(checkpoint);
      if (unmeasured.remove(checkpoint)) {
        entries.get(checkpoint).values().forEach(e -> place(checkpoint, e, input.measures()));
        layer.ifPresent(found -> check(checkpoint, found));
      }
    }

    private void check(int checkpoint, Layer found) {
      TensorEntry quantized = entries.get(checkpoint).get(found.quantized());
      TensorEntry indices = entries.get(checkpoint).get(found.indices());
      TensorEntry lut = luts.get(checkpoint).get(found.lut());
      if (quantized != null
          && indices != null
          && lut != null
          && LutCheck.fits(quantized.dtype(), indices.dtype())) {
        int quantizedPlace = place(checkpoint, quantized.name());
        int indicesPlace = place(checkpoint, indices.name());
        checks.add(new LutCheck(quantizedPlace, indicesPlace, lut.withName("")));
      }
    }

    private int place(int checkpoint, String name) {
      return place(checkpoint, entries.get(checkpoint).get(name), Set.of());
    }

    private int place(int checkpoint, TensorEntry entry, Set<Measure> measures) {
      return places.computeIfAbsent(
          new Place(checkpoint, entry.name()),
          place -> {
            List<String> names = List.of(entry.name());
            members.add(new Member(checkpoint, names, entry.withName(""), measures));
            return members.size() - 1;
          });
    }

    void close() {
      if (members.isEmpty()) {
        return;
      }
      List<Member> nameless = members.stream().map(m -> m.withNames(List.of())).toList();
      CompareUnit unit = new CompareUnit(members, links, checks);
      units.merge(List.of(nameless, links, checks), unit, CompareUnits::sharing);
    }
  }

  private static CompareUnit sharing(CompareUnit one, CompareUnit other) {
    return one.withMembers(
        IntStream.range(0, one.members().size())
            .mapToObj(i -> sharing(one.members().get(i), other.members().get(i)))
            .toList());
  }

  private static Member sharing(Member one, Member other) {
    return one.withNames(Stream.of(one, other).flatMap(m -> m.names().stream()).toList());
  }
}
