package io.qtrace.job.compare;

import io.qtrace.compare.LutCheck;
import io.qtrace.compare.Measure;
import io.qtrace.compare.RangeTask;
import io.qtrace.job.compare.CompareGroups.Group;
import io.qtrace.job.compare.CompareRequest.Pair;
import io.qtrace.job.compare.CompareUnit.Link;
import io.qtrace.job.compare.CompareUnit.Member;
import io.qtrace.lut.Category;
import io.qtrace.lut.CategoryRules;
import io.qtrace.lut.LayerNames;
import io.qtrace.tensor.CheckpointIndex;
import io.qtrace.tensor.CheckpointIndex.Shadow;
import io.qtrace.tensor.Shape;
import io.qtrace.tensor.TensorEntry;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * Plans what is read from one group of checkpoints: tensors of the same name and shape are a unit,
 * and {@code _Q} and {@code _indices} of a layer share one, so that they can be checked against
 * each other.
 */
final class ComparePlan {
  private final Group group;
  private final Map<Category, Set<Measure>> measures = new EnumMap<>(Category.class);
  private final Set<String> unread;
  private final CategoryRules categories;
  private final Map<String, CheckpointIndex> indexes;
  private final Map<String, CheckpointFacts> known;
  private final Map<String, Integer> places = new HashMap<>(); // of checkpoints in the group
  private final Map<Integer, Map<String, TensorEntry>> luts = new HashMap<>(); // by place
  private final Map<List<Object>, List<CompareUnit>> units = new LinkedHashMap<>();

  private ComparePlan(
      Group group,
      Set<Measure> measures,
      Set<String> unread,
      CategoryRules categories,
      Map<String, CheckpointIndex> indexes,
      Map<String, CheckpointFacts> known) {
    this.group = group;
    for (Category category : Category.values()) {
      this.measures.put(category, of(category, measures));
    }
    this.unread = unread;
    this.categories = categories;
    this.indexes = indexes;
    this.known = known;
    group.checkpoints().forEach(checkpoint -> places.put(checkpoint, places.size()));
  }

  /**
   * The units of a group, in the order of their tensors in the files.
   *
   * @param measures as a request has them
   * @param unread names of tensors that are left out
   * @param indexes of the group's checkpoints
   * @param known what is known of checkpoints that are not measured: tensors that are equal on both
   *     sides of a pair are not read
   */
  static List<CompareUnit> of(
      Group group,
      Set<Measure> measures,
      Set<String> unread,
      CategoryRules categories,
      Map<String, CheckpointIndex> indexes,
      Map<String, CheckpointFacts> known) {
    ComparePlan plan = new ComparePlan(group, measures, unread, categories, indexes, known);
    plan.entries().forEach((what, entries) -> plan.add(what.layer(), entries));
    return StorageChecks.added(
        group.checkpoints().stream().filter(group.measured()::contains).toList(),
        indexes,
        unread,
        plan.units.values().stream().map(ComparePlan::shared).toList());
  }

  // Measures for a single category are left out for the others.
  private static Set<Measure> of(Category category, Set<Measure> measures) {
    Set<Measure> some = new HashSet<>(measures);
    if (category != Category.SCALE) {
      some.remove(Measure.NORM);
    }
    if (category != Category.INDICES) {
      some.remove(Measure.COUNTS);
    }
    return Set.copyOf(some);
  }

  /**
   * What tensors that are read together have in common.
   *
   * @param name of the tensor; empty for {@code _Q} and {@code _indices}
   * @param layer of {@code _Q} and {@code _indices}
   * @param shadow the checkpoint that has it in a second copy of its model, where it is compared
   *     with nothing
   */
  private record Alike(
      Optional<String> name, Optional<LayerNames> layer, Shape shape, Optional<String> shadow)
      implements Comparable<Alike> {
    // For tables: a malicious file may contain names with equal hashes.
    private static final Comparator<Alike> ORDER =
        Comparator.comparing((Alike alike) -> alike.name().orElse(""))
            .thenComparing(alike -> alike.layer().map(LayerNames::quantized).orElse(""))
            .thenComparing(alike -> alike.shape().toString())
            .thenComparing(alike -> alike.shadow().orElse(""));

    @Override
    public int compareTo(Alike other) {
      return ORDER.compare(this, other);
    }

    static Alike of(TensorEntry tensor) {
      Optional<LayerNames> layer =
          LayerNames.ofQuantized(tensor.name()).or(() -> LayerNames.ofIndices(tensor.name()));
      Optional<String> name = layer.isEmpty() ? Optional.of(tensor.name()) : Optional.empty();
      return new Alike(name, layer, tensor.shape(), Optional.empty());
    }

    static Alike ofShadow(TensorEntry tensor, String checkpoint) {
      return new Alike(
          Optional.of(tensor.name()), Optional.empty(), tensor.shape(), Optional.of(checkpoint));
    }
  }

  /** Tensors that are read together: by name, by the place of the checkpoint. */
  private static final class Entries {
    private final Map<Integer, Map<String, TensorEntry>> byCheckpoint = new TreeMap<>();

    void add(int checkpoint, TensorEntry entry) {
      byCheckpoint
          .computeIfAbsent(checkpoint, c -> new LinkedHashMap<>(4))
          .put(entry.name(), entry);
    }

    Map<String, TensorEntry> of(int checkpoint) {
      return byCheckpoint.getOrDefault(checkpoint, Map.of());
    }
  }

  private Map<Alike, Entries> entries() {
    Map<Alike, Entries> entries = new LinkedHashMap<>();
    for (String checkpoint : group.checkpoints()) {
      for (TensorEntry entry : indexes.get(checkpoint).tensors()) {
        if (!unread.contains(entry.name())) {
          entries
              .computeIfAbsent(Alike.of(entry), alike -> new Entries())
              .add(places.get(checkpoint), entry);
        }
      }
      for (TensorEntry entry : shadow(checkpoint)) {
        entries
            .computeIfAbsent(Alike.ofShadow(entry, checkpoint), alike -> new Entries())
            .add(places.get(checkpoint), entry);
      }
    }
    return entries;
  }

  // A tensor that is only measured.
  private List<TensorEntry> shadow(String checkpoint) {
    return group.measured().contains(checkpoint)
        ? indexes.get(checkpoint).shadow().map(Shadow::named).orElse(List.of())
        : List.of();
  }

  private void add(Optional<LayerNames> layer, Entries entries) {
    Building unit = new Building(entries);
    List<Pair> pairs = new ArrayList<>();
    Map<Pair, List<String>> names = new HashMap<>();
    for (Pair pair : group.pairs()) {
      Map<String, TensorEntry> left = entries.of(places.get(pair.left()));
      Map<String, TensorEntry> right = entries.of(places.get(pair.right()));
      List<String> read =
          left.keySet().stream()
              .filter(right::containsKey)
              .filter(name -> mustRead(pair, left.get(name), right.get(name)))
              .toList();
      if (!read.isEmpty()) {
        pairs.add(pair);
        names.put(pair, read);
        read.forEach(name -> unit.wanted(places.get(pair.left()), name));
        read.forEach(name -> unit.wanted(places.get(pair.right()), name));
      }
    }
    for (int checkpoint : entries.byCheckpoint.keySet()) {
      boolean measured = group.measured().contains(group.checkpoints().get(checkpoint));
      unit.enter(checkpoint, measured);
      if (measured) {
        layer.ifPresent(found -> unit.check(checkpoint, found));
      }
    }
    for (Pair pair : pairs) {
      names
          .get(pair)
          .forEach(name -> unit.link(places.get(pair.left()), places.get(pair.right()), name));
    }
    unit.close();
  }

  // Equal fingerprints of equal dtype and shape are proof enough: nothing of such a pair is read.
  private boolean mustRead(Pair pair, TensorEntry left, TensorEntry right) {
    CheckpointFacts leftFacts = known.get(pair.left());
    CheckpointFacts rightFacts = known.get(pair.right());
    if (leftFacts == null || rightFacts == null || left.dtype() != right.dtype()) {
      return true;
    }
    Optional<TensorFacts> before = leftFacts.tensor(left.name());
    Optional<TensorFacts> after = rightFacts.tensor(right.name());
    return before.isEmpty()
        || after.isEmpty()
        || !before.get().fingerprint().equals(after.get().fingerprint());
  }

  private record Place(int checkpoint, String name) {}

  /** A unit in the making: members in the order of the checkpoints. */
  private final class Building {
    private final Entries entries;
    private final Map<Place, Integer> members = new HashMap<>();
    private final Set<Place> wanted = new HashSet<>();
    private final List<Member> list = new ArrayList<>();
    private final List<Link> links = new ArrayList<>();
    private final List<LutCheck> checks = new ArrayList<>();

    Building(Entries entries) {
      this.entries = entries;
    }

    /** A tensor that a pair needs, measured or not. */
    void wanted(int checkpoint, String name) {
      wanted.add(new Place(checkpoint, name));
    }

    void enter(int checkpoint, boolean measured) {
      entries
          .of(checkpoint)
          .forEach(
              (name, entry) -> {
                Place place = new Place(checkpoint, name);
                if (measured || wanted.contains(place)) {
                  members.put(place, list.size());
                  list.add(
                      new Member(
                          group.checkpoints().get(checkpoint),
                          List.of(name),
                          entry.withName(""),
                          measured ? measures.get(categories.of(name)) : Set.of()));
                }
              });
    }

    void check(int checkpoint, LayerNames layer) {
      Integer quantized = members.get(new Place(checkpoint, layer.quantized()));
      Integer indices = members.get(new Place(checkpoint, layer.indices()));
      Optional<TensorEntry> lut = lut(checkpoint, layer);
      if (quantized != null
          && indices != null
          && lut.isPresent()
          && LutCheck.fits(
              list.get(quantized).entry().dtype(), list.get(indices).entry().dtype())) {
        checks.add(new LutCheck(quantized, indices, lut.get().withName("")));
      }
    }

    void link(int left, int right, String name) {
      links.add(new Link(members.get(new Place(left, name)), members.get(new Place(right, name))));
    }

    void close() {
      if (list.isEmpty()) {
        return;
      }
      CompareUnit unit = new CompareUnit(list, links, checks);
      List<Member> nameless = list.stream().map(m -> m.withNames(List.of())).toList();
      units
          .computeIfAbsent(List.of(nameless, links, checks), alike -> new ArrayList<>(1))
          .add(unit);
    }
  }

  private Optional<TensorEntry> lut(int checkpoint, LayerNames layer) {
    return Optional.ofNullable(luts.computeIfAbsent(checkpoint, this::tables).get(layer.lut()));
  }

  private Map<String, TensorEntry> tables(int checkpoint) {
    Map<String, TensorEntry> tables = new HashMap<>();
    indexes.get(group.checkpoints().get(checkpoint)).tensors().stream()
        .filter(LutCheck::isTable)
        .forEach(tensor -> tables.put(tensor.name(), tensor));
    return tables;
  }

  // One unit for those that read the same.
  private static CompareUnit shared(List<CompareUnit> alike) {
    CompareUnit first = alike.get(0);
    return first.withMembers(
        IntStream.range(0, first.members().size())
            .mapToObj(
                i ->
                    first
                        .members()
                        .get(i)
                        .withNames(
                            alike.stream()
                                .flatMap(unit -> unit.members().get(i).names().stream())
                                .toList()))
            .toList());
  }

  /** Takes one part of the work. */
  interface SliceTaker {
    /**
     * @param slice number of the slice that it belongs to, from 0
     */
    void take(int slice, SlicePart part);
  }

  /**
   * Divides work into slices of about equal bytes; neighbours in a file stay together.
   *
   * @param slices at most
   */
  static void slice(Collection<CompareUnit> units, int slices, SliceTaker taker) {
    long total = units.stream().mapToLong(unit -> unit.bytes(0, unit.elements())).sum();
    long each = Math.max(1, (total + slices - 1) / slices);
    long filled = 0;
    int slice = 0;
    int order = 0;
    for (CompareUnit unit : units) {
      for (RangeTask task : unit.tasks(each)) {
        taker.take(slice, new SlicePart(order++, unit, task.from(), task.to()));
        filled += unit.bytes(task.from(), task.to());
        if (filled >= each && slice + 1 < slices) {
          slice++;
          filled = 0;
        }
      }
    }
  }
}
