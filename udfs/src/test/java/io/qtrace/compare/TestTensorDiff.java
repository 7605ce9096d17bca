package io.qtrace.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.qtrace.kernel.DiffPartial;
import io.qtrace.kernel.ExactSum;
import io.qtrace.kernel.Mismatches;
import io.qtrace.kernel.StatsPartial;
import java.util.List;
import org.junit.jupiter.api.Test;

class TestTensorDiff {
  private static final DiffPartial TWO_CHANGED =
      new DiffPartial(4, 2, 3, ExactSum.ZERO.plus(3).plus(1), 1, List.of(-1.0, 3.0));

  @Test
  void statusFollowsFromBytesAndNumbers() {
    assertThat(between(true, DiffPartial.equal(4)).status()).isEqualTo(TensorStatus.IDENTICAL);
    assertThat(between(false, DiffPartial.equal(4)).status()).isEqualTo(TensorStatus.EQUAL);
    assertThat(between(false, TWO_CHANGED).status()).isEqualTo(TensorStatus.CHANGED);
  }

  @Test
  void meansAreOverAllElements() {
    DiffStats stats = between(false, TWO_CHANGED).stats();
    assertThat(stats).isEqualTo(new DiffStats(4, 2, 3, 4, 1, List.of(-1.0, 3.0)));
    assertThat(stats.meanAbs()).isEqualTo(1);
    assertThat(stats.distinctDifferences()).contains(List.of(-1.0, 3.0));
  }

  @Test
  void distinctDifferencesAreAbsentFromAHundredOn() {
    DiffPartial many = new DiffPartial(100, 100, 1, ExactSum.ZERO.plus(100), 0, List.of());
    assertThat(DiffStats.of(many).distinctDifferences()).isEmpty();
    DiffPartial half = new DiffPartial(50, 50, 1, ExactSum.ZERO.plus(50), 0, List.of(1.0));
    assertThat(half.merge(half).distinct()).isEmpty();
  }

  @Test
  void incomparableTensorsHaveNoStatistics() {
    for (TensorDiff diff :
        List.of(TensorDiff.added("t"), TensorDiff.removed("t"), TensorDiff.reshaped("t"))) {
      assertThat(diff.stats()).isEqualTo(DiffStats.NOTHING);
      assertThat(diff.stats().meanAbs()).isZero();
    }
  }

  @Test
  void refusesMissingRanges() {
    assertThatThrownBy(() -> between(true, DiffPartial.equal(3)))
        .hasMessageStartingWith("Invalid comparison: 3 elements, expected all 4");
    assertThatThrownBy(() -> new PairPartial(true, TWO_CHANGED, Mismatches.NONE))
        .hasMessage("Invalid pair: identical bytes but 2 changed elements");
  }

  @Test
  void extremesOfNothingAreNan() {
    TensorStats none = TensorStats.of(StatsPartial.NONE);
    assertThat(none).isEqualTo(new TensorStats(Double.NaN, Double.NaN, 0, 0, 0, 0));
  }

  private static TensorDiff between(boolean identical, DiffPartial diff) {
    return TensorDiff.between("t", 4, new PairPartial(identical, diff, Mismatches.NONE));
  }
}
