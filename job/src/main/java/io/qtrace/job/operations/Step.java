package io.qtrace.job.operations;

import io.qtrace.compare.TensorStatus;
import io.qtrace.job.compare.LayerInvariants;
import io.qtrace.job.compare.PairComparison;
import io.qtrace.job.compare.Recomputed;
import io.qtrace.job.compare.TensorComparison;
import io.qtrace.lut.LayerLut;
import io.qtrace.lut.LayerNames;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * What is known of a possible step from a parent to a child: all that an operation explains it
 * from.
 */
public final class Step {
  private final Side parent;
  private final Side child;
  private final PairComparison pair;
  private final Map<String, Recomputed> recomputed;

  /**
   * @param pair the two compared
   * @param recomputed what was recomputed of the child, by layer
   */
  public Step(Side parent, Side child, PairComparison pair, Map<String, Recomputed> recomputed) {
    this.parent = Objects.requireNonNull(parent, "parent");
    this.child = Objects.requireNonNull(child, "child");
    this.pair = Objects.requireNonNull(pair, "pair");
    this.recomputed = Map.copyOf(recomputed);
  }

  /** A step of which no element was compared: as far as the facts of both ends show it. */
  public static Step ofFacts(Side parent, Side child) {
    return new Step(parent, child, PairComparison.ofFacts(parent.facts(), child.facts()), Map.of());
  }

  public PairComparison pair() {
    return pair;
  }

  /** The layers with a stored LUT on either side, in the pair's order. */
  public List<LayerNames> lutLayers() {
    return pair.byName().keySet().stream()
        .flatMap(name -> LayerNames.ofLut(name).stream())
        .toList();
  }

  /** The parent's LUT of a layer, where it has a usable one. */
  public Optional<LayerLut> before(LayerNames layer) {
    return parent.lut(layer);
  }

  /** The child's LUT of a layer, where it has a usable one. */
  public Optional<LayerLut> after(LayerNames layer) {
    return child.lut(layer);
  }

  /** What must hold within a layer of the child; empty where the layer has no {@code _Q}. */
  public Optional<LayerInvariants> invariants(LayerNames layer) {
    return Optional.ofNullable(child.facts().layers().get(layer.layer()));
  }

  /** What was recomputed of a layer of the child; empty where nothing was. */
  public Optional<Recomputed> recomputed(LayerNames layer) {
    return Optional.ofNullable(recomputed.get(layer.layer()));
  }

  /** A tensor with other numbers on both sides. */
  public boolean isChanged(String tensor) {
    return pair.tensor(tensor).filter(one -> one.status() == TensorStatus.CHANGED).isPresent();
  }

  public Optional<TensorComparison> tensor(String name) {
    return pair.tensor(name);
  }

  Side child() {
    return child;
  }
}
