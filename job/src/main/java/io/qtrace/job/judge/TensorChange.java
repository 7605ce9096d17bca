package io.qtrace.job.judge;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import io.qtrace.compare.DiffStats;
import io.qtrace.compare.TensorStatus;
import io.qtrace.job.compare.TensorComparison;
import io.qtrace.job.compare.TensorFacts;
import java.io.Serializable;
import java.util.List;
import java.util.Optional;

/**
 * One tensor name of a pair, flat, as tables and JSON show it. Null stands for what does not apply.
 *
 * @param difference null unless both sides have the tensor in one shape
 * @param left null where the tensor was added
 * @param right null where it was removed
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record TensorChange(
    String name,
    String category,
    TensorStatus status,
    @JsonUnwrapped(prefix = "left_") Side left,
    @JsonUnwrapped(prefix = "right_") Side right,
    @JsonUnwrapped Difference difference)
    implements Serializable {
  /** One side. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Side(
      String dtype,
      List<Long> shape,
      String fingerprint,
      @JsonProperty("md5_16") String md5,
      @JsonIgnore long nan,
      @JsonIgnore long inf)
      implements Serializable {
    static Side of(TensorFacts facts) {
      return new Side(
          facts.dtype().label(),
          facts.shape().sizes(),
          facts.fingerprint(),
          facts.md5().orElse(null),
          facts.stats().nan(),
          facts.stats().inf());
    }
  }

  /**
   * How the numbers differ, {@code |left - right|} over all elements.
   *
   * @param firstChanged index in C order; null if none changed
   * @param differences distinct ones, if fewer than 100 elements changed; else null
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Difference(
      long elements,
      long changedElements,
      double maxAbs,
      double meanAbs,
      double sumAbs,
      Long firstChanged,
      List<Double> differences)
      implements Serializable {
    static Difference of(DiffStats stats) {
      return new Difference(
          stats.elements(),
          stats.changedElements(),
          stats.maxAbs(),
          stats.meanAbs(),
          stats.sumAbs(),
          stats.firstChangedIndex() < 0 ? null : stats.firstChangedIndex(),
          stats.distinctDifferences().orElse(null));
    }
  }

  public static TensorChange of(TensorComparison tensor) {
    Optional<DiffStats> stats = tensor.compared();
    return new TensorChange(
        tensor.name(),
        tensor.category().label(),
        tensor.status(),
        tensor.left().map(Side::of).orElse(null),
        tensor.right().map(Side::of).orElse(null),
        stats.map(Difference::of).orElse(null));
  }
}
