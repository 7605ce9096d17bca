package io.qtrace.lut;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TestLutParameters {
  /** The second column is 2 * 2^(ceil(log2 M) - 10), not below 1e-4. */
  @ParameterizedTest
  @CsvSource({
    "2.0, 0.00390625",
    "2.01, 0.0078125",
    "1.99, 0.00390625",
    "1.0, 0.001953125",
    "0.5, 0.0009765625",
    "0.05, 0.0001220703125",
    "0.03125, 0.0001",
    "0, 0.0001",
    "100, 0.25"
  })
  void trainingStepsByTwoUnitsOfFloat16(double maxAbs, double minDelta) {
    assertThat(LutParameters.training(maxAbs)).isEqualTo(new LutParameters(maxAbs, minDelta));
  }

  @Test
  void trainingTakesTheLargestStoredValue() {
    assertThat(LutParameters.training(new Lut(-2, 2))).isEqualTo(LutParameters.training(2));
  }

  @ParameterizedTest
  @CsvSource({"2.0, 2.0, 0.002", "0.5, 0.5, 0.0005", "0.125, 0.125, 0.000125", "64, 64, 0.064"})
  void bakeStepsByAThousandthOfTheLargestStoredValue(float stored, double maxAbs, double minDelta) {
    assertThat(LutParameters.bake(new Lut(-stored, stored)))
        .isEqualTo(new LutParameters(maxAbs, minDelta));
  }

  @Test
  void bakeFallsBackToTwoBelowATenth() {
    LutParameters two = new LutParameters(2, 0.002);
    float tenth = 0.1f;
    assertThat(LutParameters.bake(new Lut(-0.0f, 0.0f))).isEqualTo(two);
    assertThat(LutParameters.bake(new Lut(-1, Math.nextDown(tenth))).maxAbs()).isEqualTo(1);
    assertThat(LutParameters.bake(new Lut(0, Math.nextDown(tenth)))).isEqualTo(two);
    assertThat(LutParameters.bake(new Lut(0, tenth)).maxAbs()).isEqualTo((double) tenth);
  }

  @ParameterizedTest
  @ValueSource(doubles = {Double.NaN, -1, Double.POSITIVE_INFINITY})
  void refusesATableWithoutAFiniteSize(double maxAbs) {
    assertThatThrownBy(() -> LutParameters.training(maxAbs))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Invalid LUT max abs: " + maxAbs + ", expected a finite number, 0 or more");
  }

  @ParameterizedTest
  @ValueSource(doubles = {Double.NaN, 0, Double.POSITIVE_INFINITY})
  void refusesAnInvalidMinimalStep(double minDelta) {
    assertThatThrownBy(() -> new LutParameters(2, minDelta))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Invalid LUT min delta: " + minDelta + ", expected a finite number above 0");
  }
}
