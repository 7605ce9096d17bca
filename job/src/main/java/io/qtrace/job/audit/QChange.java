package io.qtrace.job.audit;

import io.qtrace.compare.DiffStats;
import io.qtrace.compare.TensorStatus;
import io.qtrace.job.audit.cause.Causes;
import io.qtrace.job.audit.cause.LayerLut;
import io.qtrace.job.audit.cause.QEvidence;
import io.qtrace.job.audit.cause.QExplanation;
import io.qtrace.job.audit.cause.Residual;
import io.qtrace.job.audit.stage.IndicesProof;
import io.qtrace.job.audit.stage.Layer;
import io.qtrace.job.audit.stage.PairComparison;
import io.qtrace.job.audit.stage.TensorComparison;
import io.qtrace.job.audit.stage.TensorFacts;
import io.qtrace.job.lineage.InvariantRow;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * One {@code _Q} on an edge, identical ones too, and why it changed.
 *
 * @param indices the layer's {@code _indices}; empty where neither side has them
 * @param proof whether indices that moved are those of weight and scales; empty where none moved
 * @param child what the child says of the layer; empty where it has no {@code _Q}
 */
public record QChange(
    String layer,
    TensorComparison quantized,
    Optional<TensorComparison> indices,
    QExplanation explanation,
    Optional<IndicesProof> proof,
    Optional<InvariantRow> child) {
  public QChange {
    Objects.requireNonNull(layer, "layer");
    Objects.requireNonNull(quantized, "quantized");
    Objects.requireNonNull(indices, "indices");
    Objects.requireNonNull(explanation, "explanation");
    Objects.requireNonNull(proof, "proof");
    Objects.requireNonNull(child, "child");
  }

  /** Layers of which {@code _Q} and the indices hold other numbers than the parent's. */
  static Set<String> moved(PairComparison pair) {
    return pair.tensors().stream()
        .filter(QChange::holdsOthers)
        .flatMap(tensor -> Layer.ofQuantized(tensor.name()).stream())
        .filter(layer -> pair.tensor(layer.indices()).filter(QChange::holdsOthers).isPresent())
        .map(Layer::name)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static boolean holdsOthers(TensorComparison tensor) {
    return tensor.status() == TensorStatus.CHANGED;
  }

  /**
   * All of a pair.
   *
   * @param child its invariants, by layer
   * @param proofs of the layers that {@link #moved}
   */
  static List<QChange> of(
      PairComparison pair, Map<String, InvariantRow> child, Map<String, IndicesProof> proofs) {
    return pair.tensors().stream()
        .flatMap(
            tensor ->
                Layer.ofQuantized(tensor.name())
                    .map(layer -> of(pair, layer, tensor, child, proofs))
                    .stream())
        .toList();
  }

  private static QChange of(
      PairComparison pair,
      Layer layer,
      TensorComparison quantized,
      Map<String, InvariantRow> invariants,
      Map<String, IndicesProof> proofs) {
    Optional<TensorComparison> indices = pair.tensor(layer.indices());
    Optional<InvariantRow> child = Optional.ofNullable(invariants.get(layer.name()));
    Optional<IndicesProof> proof = Optional.ofNullable(proofs.get(layer.name()));
    QEvidence evidence =
        new QEvidence(
            quantized.status(),
            changed(quantized),
            quantized.misrounded().map(Residual::of),
            child.filter(InvariantRow::isChecked).map(QChange::rule),
            indices.filter(TensorComparison::isChanged).isPresent(),
            proof.flatMap(IndicesProof::residual),
            lut(pair, layer, TensorComparison::left),
            lut(pair, layer, TensorComparison::right));
    return new QChange(layer.name(), quantized, indices, Causes.explain(evidence), proof, child);
  }

  /** What one side of a pair states of a layer's LUT. */
  static Optional<LayerLut> lut(
      PairComparison pair, Layer layer, Function<TensorComparison, Optional<TensorFacts>> side) {
    Function<String, Optional<float[]>> floats =
        name -> pair.tensor(name).flatMap(side).flatMap(TensorFacts::floats);
    return LayerLut.of(floats.apply(layer.lut()), floats.apply(layer.deltas()));
  }

  /** Whether the indices changed while {@code _Q} did not; indices that are gone did not. */
  boolean isIndicesAlone() {
    return !quantized.isChanged()
        && indices
            .filter(TensorComparison::isChanged)
            .filter(tensor -> tensor.status() != TensorStatus.REMOVED)
            .isPresent();
  }

  /** Indices that changed; empty where they cannot be compared. */
  Optional<Long> indicesChanged() {
    return indices.flatMap(TensorComparison::compared).map(DiffStats::changedElements);
  }

  private static Residual changed(TensorComparison quantized) {
    return quantized
        .compared()
        .map(stats -> residual(stats.changedElements(), stats.firstChangedIndex()))
        .orElseGet(() -> residual(elements(quantized), 0));
  }

  private static long elements(TensorComparison tensor) {
    return Stream.of(tensor.right(), tensor.left())
        .flatMap(Optional::stream)
        .findFirst()
        .orElseThrow()
        .shape()
        .elements();
  }

  private static Residual rule(InvariantRow row) {
    long first =
        Stream.of(row.firstStale(), row.firstOutside())
            .filter(Objects::nonNull)
            .mapToLong(Long::longValue)
            .min()
            .orElse(-1);
    return residual(row.residual(), first);
  }

  private static Residual residual(long elements, long first) {
    return elements == 0 ? Residual.NONE : new Residual(elements, Optional.of(first));
  }
}
