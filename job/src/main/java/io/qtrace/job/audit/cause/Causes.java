package io.qtrace.job.audit.cause;

import io.qtrace.compare.TensorStatus;
import io.qtrace.lut.Bake;
import java.util.Optional;

/** Explains changes of {@code _Q}: a cause counts only when it reproduces every element. */
public final class Causes {
  private Causes() {}

  public static QExplanation explain(QEvidence evidence) {
    if (evidence.status() == TensorStatus.IDENTICAL) {
      return new QExplanation(Optional.empty(), Residual.NONE, Optional.empty());
    }
    if (evidence.cast().filter(Residual::isNone).isPresent()) {
      return QExplanation.proved(QCause.CAST);
    }
    Residual residual = evidence.rule().orElse(evidence.changed());
    if (evidence.rule().isEmpty() || !residual.isNone()) {
      return QExplanation.unexplained(residual);
    }
    if (evidence.indicesMoved()) {
      return evidence
          .requantized()
          .filter(others -> !others.isNone())
          .map(QExplanation::unexplained)
          .orElseGet(() -> QExplanation.proved(QCause.REQUANTIZED));
    }
    return bake(evidence).map(Causes::baked).orElseGet(() -> QExplanation.proved(QCause.SYNCED));
  }

  private static Optional<Bake> bake(QEvidence evidence) {
    return evidence.parent().flatMap(parent -> evidence.child().flatMap(parent::bakeOf));
  }

  private static QExplanation baked(Bake bake) {
    return new QExplanation(
        Optional.of(QCause.BAKED), Residual.NONE, Optional.of((double) bake.drift()));
  }
}
