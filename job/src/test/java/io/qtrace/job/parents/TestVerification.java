package io.qtrace.job.parents;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TestVerification {
  private static Verification of(long rounded, long requantized) {
    return new Verification(0, rounded, requantized);
  }

  @Test
  void clearlyFewerRoundedElementsAreMoreExact() {
    assertThat(of(10, 0).isMoreExact(of(41, 0))).isTrue();
    assertThat(of(10, 0).isMoreExact(of(40, 0))).isFalse();
    assertThat(of(0, 5).isMoreExact(of(1, 0))).isTrue();
    assertThat(of(1, 0).isMoreExact(of(0, 5))).isFalse();
  }

  @Test
  void requantizedElementsDecideWhereAsManyAreRounded() {
    assertThat(of(7, 0).isMoreExact(of(7, 3))).isTrue();
    assertThat(of(7, 3).isMoreExact(of(7, 3))).isFalse();
    assertThat(of(7, 2).isMoreExact(of(7, 300))).isFalse();
  }

  @Test
  void anyElementThatIsNotTheParentsIsInexact() {
    assertThat(Verification.EXACT.isInexact()).isFalse();
    assertThat(of(1, 0).isInexact()).isTrue();
    assertThat(of(0, 1).isInexact()).isTrue();
  }
}
