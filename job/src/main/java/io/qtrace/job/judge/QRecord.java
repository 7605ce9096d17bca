package io.qtrace.job.judge;

import io.qtrace.compare.TensorStatus;
import io.qtrace.job.operations.QExplanation;
import java.io.Serializable;
import java.util.Optional;

/**
 * Why one {@code _Q} changed, as it is recorded.
 *
 * @param layer name of the module
 * @param indicesChanged empty where they cannot be compared
 */
public record QRecord(
    String layer, TensorStatus status, QExplanation explanation, Optional<Long> indicesChanged)
    implements Serializable {
  public static QRecord of(QChange change) {
    return new QRecord(
        change.layer(), change.quantized().status(), change.explanation(), change.indicesChanged());
  }
}
