package io.qtrace.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;

class TestExactAccumulator {
  @Test
  void sumsAnyNumbersWithoutRounding() {
    Random random = new Random(1);
    for (int round = 0; round < 200; round++) {
      agrees(
          random
              .longs(random.nextInt(30))
              .mapToDouble(Double::longBitsToDouble)
              .filter(Double::isFinite)
              .toArray());
    }
  }

  @Test
  void sumsWhatCancels() {
    Random random = new Random(2);
    for (int round = 0; round < 200; round++) {
      double[] some = random.doubles(random.nextInt(9), -1, 1).toArray();
      agrees(
          DoubleStream.concat(
                  DoubleStream.of(some), DoubleStream.of(some).map(x -> -x * (1 + 0x1p-30)))
              .toArray());
      agrees(
          DoubleStream.concat(DoubleStream.of(some), DoubleStream.of(some).map(x -> -x)).toArray());
    }
  }

  @Test
  void sumsTheEndsOfTheRange() {
    agrees(Double.MIN_VALUE, -Double.MIN_VALUE, Double.MIN_NORMAL, 0x1p-1023);
    agrees(Double.MAX_VALUE, Double.MAX_VALUE, Double.MIN_VALUE);
    agrees(DoubleStream.generate(() -> -Double.MAX_VALUE).limit(5000).toArray());
    agrees(1, 2, 3, -0.0, 0.0, 1L << 40);
    agrees();
  }

  @Test
  void infinitiesAndNanStayApart() {
    agrees(0.5, Double.POSITIVE_INFINITY);
    agrees(0.25, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY);
    agrees(Double.NaN, 1);
  }

  private static void agrees(double... terms) {
    ExactAccumulator found = new ExactAccumulator();
    ExactSum expected = ExactSum.ZERO;
    for (double term : terms) {
      found.add(term);
      expected = expected.plus(term);
    }
    assertThat(found.total()).isEqualTo(expected);
  }
}
