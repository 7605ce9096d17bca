package io.qtrace.job.operations;

import io.qtrace.compare.TensorStatus;
import io.qtrace.compare.Ulps;
import io.qtrace.job.compare.LayerInvariants;
import io.qtrace.job.compare.PairComparison;
import io.qtrace.job.compare.Recomputed;
import io.qtrace.job.compare.TensorComparison;
import io.qtrace.job.compare.TensorFacts;
import io.qtrace.lut.LayerLut;
import io.qtrace.lut.LayerNames;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** Everything known about a possible step from a parent to a child, as input for operations. */
public final class Step {
  private final Side parent;
  private final Side child;
  private final PairComparison pair;
  private final Map<String, Recomputed> recomputed;
  private final List<Other> others;
  private List<TensorComparison> differing;
  private TrainedGroups trained;
  private List<LayerNames> lutLayers;
  private Optional<Mixture> mixture;

  /** Another parent of the child, by its path. */
  public record Other(String path, Side side) {}

  /**
   * @param pair the two compared
   * @param recomputed what was recomputed of the child, by layer
   */
  public Step(Side parent, Side child, PairComparison pair, Map<String, Recomputed> recomputed) {
    this(parent, child, pair, recomputed, List.of());
  }

  private Step(
      Side parent,
      Side child,
      PairComparison pair,
      Map<String, Recomputed> recomputed,
      List<Other> others) {
    this.parent = Objects.requireNonNull(parent, "parent");
    this.child = Objects.requireNonNull(child, "child");
    this.pair = Objects.requireNonNull(pair, "pair");
    this.recomputed = Map.copyOf(recomputed);
    this.others = List.copyOf(others);
  }

  /** The same step for a child with other parents too. */
  public Step with(List<Other> more) {
    return new Step(parent, child, pair, recomputed, more);
  }

  /** A step without comparison of elements, from the facts of both ends. */
  public static Step ofFacts(Side parent, Side child) {
    return ofFacts(parent, child, Map.of());
  }

  /** The same with recomputed numbers. */
  public static Step ofFacts(Side parent, Side child, Map<String, Recomputed> recomputed) {
    return new Step(
        parent, child, PairComparison.ofFacts(parent.facts(), child.facts()), recomputed);
  }

  public PairComparison pair() {
    return pair;
  }

  /** The tensors that are not the same on both sides, in dtype, shape and bytes. */
  public List<TensorComparison> differing() {
    if (differing == null) {
      differing =
          pair.byName().values().stream()
              .filter(tensor -> tensor.status() != TensorStatus.IDENTICAL)
              .toList();
    }
    return differing;
  }

  /** The groups of tensors that the step would train. */
  public TrainedGroups trained() {
    if (trained == null) {
      trained = new TrainedGroups(this);
    }
    return trained;
  }

  /**
   * Whether only one side has a tensor, and it equals another one that both sides have: tied
   * weights, saved under one name or two.
   */
  public boolean isTied(TensorComparison tensor) {
    boolean added = tensor.status() == TensorStatus.ADDED;
    if (!added && tensor.status() != TensorStatus.REMOVED) {
      return false;
    }
    TensorFacts one = tensor.right().or(tensor::left).orElseThrow();
    Side side = added ? child : parent;
    Side other = added ? parent : child;
    return one.shape().rank() == 2
        && side.same(one).stream()
            .anyMatch(
                same -> !same.name().equals(one.name()) && other.tensor(same.name()).isPresent());
  }

  /** The layers with a stored LUT on either side, in the pair's order. */
  public List<LayerNames> lutLayers() {
    if (lutLayers == null) {
      lutLayers =
          pair.byName().keySet().stream().flatMap(name -> LayerNames.ofLut(name).stream()).toList();
    }
    return lutLayers;
  }

  /** The parent's LUT of a layer, if it is usable. */
  public Optional<LayerLut> before(LayerNames layer) {
    return parent.lut(layer);
  }

  /** The child's LUT of a layer, if it is usable. */
  public Optional<LayerLut> after(LayerNames layer) {
    return child.lut(layer);
  }

  /** The invariants of a layer of the child; empty if the layer has no {@code _Q}. */
  public Optional<LayerInvariants> invariants(LayerNames layer) {
    return Optional.ofNullable(child.facts().layers().get(layer.layer()));
  }

  /** The result of the recomputation with a key; empty if there was none. */
  public Optional<Recomputed> recomputed(String key) {
    return Optional.ofNullable(recomputed.get(key));
  }

  /**
   * The best of the recomputations whose keys have a prefix: the one that leaves the fewest
   * elements unexplained, else one that states an obstacle.
   */
  public Optional<Recomputed> best(String prefix) {
    return recomputed.entrySet().stream()
        .filter(one -> one.getKey().startsWith(prefix))
        .map(Map.Entry::getValue)
        .min(
            Comparator.comparing((Recomputed one) -> one.obstacle().isPresent())
                .thenComparing(one -> one.others().count())
                .thenComparing(one -> one.obstacle().orElse("")));
  }

  /** The elements reproduced only within rounding, over keys that have a suffix. */
  Ulps rounded(String suffix) {
    return recomputed.entrySet().stream()
        .filter(one -> one.getKey().endsWith(suffix))
        .map(one -> one.getValue().rounded())
        .reduce(Ulps.NONE, Ulps::merge);
  }

  /** A tensor with other numbers on both sides. */
  public boolean isChanged(String tensor) {
    return pair.tensor(tensor).filter(one -> one.status() == TensorStatus.CHANGED).isPresent();
  }

  /** The same, but for rounding to another dtype. */
  public boolean isMoved(String tensor) {
    return pair.tensor(tensor)
        .filter(one -> one.status() == TensorStatus.CHANGED && !one.isRounded())
        .isPresent();
  }

  public Optional<TensorComparison> tensor(String name) {
    return pair.tensor(name);
  }

  List<Other> others() {
    return others;
  }

  /** The child as an average of its parents and of moving averages in them, if it is one. */
  Optional<Mixture> mixture() {
    if (mixture == null) {
      mixture = found();
    }
    return mixture;
  }

  private Optional<Mixture> found() {
    if (others.isEmpty() && parent.facts().shadow().isEmpty()) {
      return Optional.empty();
    }
    List<Side> sides = new ArrayList<>(List.of(parent));
    others.forEach(other -> sides.add(other.side()));
    return Mixture.of(sides, child)
        .filter(found -> found.terms().stream().anyMatch(term -> term.side() == 0));
  }

  Side parent() {
    return parent;
  }

  Side child() {
    return child;
  }
}
