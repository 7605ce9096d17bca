package io.qtrace.job.judge;

import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.compare.TensorStatus;
import io.qtrace.compare.Ulps;
import io.qtrace.job.compare.Recomputed;
import io.qtrace.job.compare.UnexplainedElements;
import io.qtrace.job.operations.Operations;
import io.qtrace.job.operations.QCause;
import io.qtrace.job.operations.QExplanation;
import io.qtrace.job.operations.QuantizedStep;
import io.qtrace.job.operations.Requantize;
import io.qtrace.kernel.Mismatches;
import io.qtrace.lut.Bake;
import io.qtrace.lut.LayerLut;
import io.qtrace.lut.Lut;
import io.qtrace.lut.LutDeltas;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class TestCauses {
  private static final UnexplainedElements THREE = new UnexplainedElements(3, Optional.of(7L));
  private static final UnexplainedElements ALL = new UnexplainedElements(64, Optional.of(0L));
  private static final Optional<UnexplainedElements> NOT = Optional.empty();
  private static final Optional<UnexplainedElements> PROVED = Optional.of(UnexplainedElements.NONE);
  private static final Lut STORED = new Lut(-2, -0.5f, 0.5f, 2);
  private static final LutDeltas DELTAS = new LutDeltas(-1.2f, -0.3f);
  private static final LayerLut TRAINED = new LayerLut(STORED, Optional.of(DELTAS));
  private static final Bake BAKE = Bake.recipe(DELTAS, STORED, 2);

  @Test
  void identicalNeedsNoCause() {
    QExplanation found = explain(TensorStatus.IDENTICAL, NOT, Optional.of(THREE), false, TRAINED);
    assertThat(found.cause()).isEmpty();
    assertThat(found.residual()).isEqualTo(UnexplainedElements.NONE);
  }

  @Test
  void aCastIsProvedByRounding() {
    assertThat(explain(TensorStatus.CHANGED, PROVED, NOT, false, TRAINED).cause())
        .contains(new QCause("CAST"));
    QExplanation wrong = explain(TensorStatus.CHANGED, Optional.of(THREE), NOT, false, TRAINED);
    assertThat(wrong).isEqualTo(QExplanation.unexplained(ALL));
  }

  @Test
  void whatTheIndicesDoNotGiveIsUnexplained() {
    assertThat(explain(TensorStatus.CHANGED, NOT, Optional.of(THREE), true, TRAINED))
        .isEqualTo(QExplanation.unexplained(THREE));
    assertThat(explain(TensorStatus.CHANGED, NOT, NOT, true, TRAINED))
        .isEqualTo(QExplanation.unexplained(ALL));
  }

  @Test
  void movedIndicesAreARequantization() {
    assertThat(explain(TensorStatus.CHANGED, NOT, PROVED, true, TRAINED))
        .isEqualTo(QExplanation.unproved(new QCause("REQUANTIZED")));
  }

  @Test
  void indicesThatWeightAndScalesDoNotGiveExplainNothing() {
    QuantizedStep given = requantized(Recomputed.EXACT);
    assertThat(explain(given)).isEqualTo(QExplanation.proved(new QCause("REQUANTIZED")));
    QuantizedStep other = requantized(recomputed(new Mismatches(3, 7, 1, 2), Ulps.NONE));
    assertThat(explain(other)).isEqualTo(QExplanation.unexplained(THREE));
  }

  @Test
  void roundingIsAProofOfItsOwn() {
    Ulps two = new Ulps(2, 5);
    QuantizedStep given = requantized(recomputed(Mismatches.NONE, two));
    QExplanation found = explain(given);
    assertThat(found.cause()).contains(new QCause("REQUANTIZED"));
    assertThat(found.proof()).isEqualTo(QExplanation.Proof.WITHIN_ROUNDING);
    assertThat(found.rounded()).isEqualTo(two);
    assertThat(found.residual()).isEqualTo(UnexplainedElements.NONE);
  }

  private static QuantizedStep requantized(Recomputed found) {
    return new QuantizedStep(
        TensorStatus.CHANGED,
        ALL,
        NOT,
        PROVED,
        true,
        Map.of(Requantize.KIND, found),
        Optional.empty(),
        false,
        Optional.empty(),
        Optional.of(TRAINED),
        Optional.of(TRAINED));
  }

  private static Recomputed recomputed(Mismatches others, Ulps rounded) {
    return new Recomputed(Optional.empty(), others, rounded);
  }

  @Test
  void aBakeIsProvedByItsTable() {
    LayerLut baked = new LayerLut(BAKE.lut(), Optional.empty());
    QExplanation found = explain(TensorStatus.CHANGED, NOT, PROVED, false, baked);
    assertThat(found.cause()).contains(new QCause("BAKED"));
    assertThat(found.drift()).contains((double) BAKE.drift());
    assertThat(BAKE.drift()).isPositive();
    LayerLut exact = new LayerLut(BAKE.trained(), Optional.empty());
    assertThat(explain(TensorStatus.CHANGED, NOT, PROVED, false, exact).drift()).contains(0.0);
  }

  @Test
  void anotherTableIsOnlyASync() {
    LayerLut refreshed = new LayerLut(BAKE.trained(), Optional.of(DELTAS));
    LayerLut other = new LayerLut(new Lut(-2, -0.25f, 0.25f, 2), Optional.empty());
    for (LayerLut child : new LayerLut[] {TRAINED, refreshed, other}) {
      assertThat(explain(TensorStatus.CHANGED, NOT, PROVED, false, child))
          .isEqualTo(QExplanation.proved(new QCause("SYNCED")));
    }
  }

  private static QExplanation explain(
      TensorStatus status,
      Optional<UnexplainedElements> cast,
      Optional<UnexplainedElements> rule,
      boolean indicesMoved,
      LayerLut child) {
    return explain(
        new QuantizedStep(
            status,
            ALL,
            cast,
            rule,
            indicesMoved,
            Map.of(),
            Optional.empty(),
            false,
            Optional.empty(),
            Optional.of(TRAINED),
            Optional.of(child)));
  }

  private static QExplanation explain(QuantizedStep layer) {
    return QChange.explain(layer, Operations.KNOWN);
  }
}
