package io.qtrace.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.qtrace.arrow.BlockFixtures;
import io.qtrace.kernel.Digest128;
import io.qtrace.kernel.Kernels;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TestFingerprint {
  // Goldens of Python's xxhash 4.0.1 by the formula in the Javadoc.
  @ParameterizedTest
  @CsvSource({
    "0, x1:99aa06d3014798d86001c324468d497f",
    "1, x1:de68429b8afe28ce97cda390d38d6d2b",
    "13, x1:6ef2691cacd746d49ae2c45c41c4475b",
    "207, x1:6c09ed02a625d31a9ab8cf2a6a06c76b",
    "702, x1:13c50062783e05d97c1574b4073a1827",
    "1048576, x1:dfed4618afa2136610ef0622e4878611",
    "1048577, x1:aab015c7fe6d6b2e59005e8d7fbee5ce",
    "3145733, x1:0dfbb8647eec6f0a48905048ba688b7a",
  })
  void isWhatTheFormulaGivesElsewhere(int length, String expected) {
    List<LeafDigests> parts = parts(BlockFixtures.pattern(length));
    Fingerprint fingerprint = Fingerprint.of(parts, length);
    assertThat(fingerprint).hasToString(expected);
    assertThat(Fingerprint.parse(expected)).isEqualTo(fingerprint);
  }

  @Test
  void takesItsPartsInAnyOrder() {
    List<LeafDigests> parts = parts(BlockFixtures.pattern(3145733));
    List<LeafDigests> shuffled = List.of(parts.get(2), parts.get(0), parts.get(3), parts.get(1));
    assertThat(Fingerprint.of(shuffled, 3145733)).isEqualTo(Fingerprint.of(parts, 3145733));
  }

  @Test
  void refusesMissingAndRepeatedLeaves() {
    List<LeafDigests> parts = parts(BlockFixtures.pattern(3145733));
    assertThatThrownBy(() -> Fingerprint.of(parts.subList(0, 3), 3145733))
        .hasMessage("Invalid fingerprint: leaf 4 follows, expected leaf 3");
    assertThatThrownBy(
            () -> Fingerprint.of(List.of(parts.get(0), parts.get(0), parts.get(1)), 3 << 20))
        .hasMessage("Invalid fingerprint: leaf 0 follows, expected leaf 1");
  }

  @Test
  void refusesOtherText() {
    assertThatThrownBy(() -> Fingerprint.parse("x2:99aa06d3014798d86001c324468d497f"))
        .hasMessage(
            "Invalid fingerprint: 'x2:99aa06d3014798d86001c324468d497f',"
                + " expected x1: and 32 hexadecimal digits");
  }

  private static List<LeafDigests> parts(byte[] bytes) {
    int leaves = (bytes.length + Fingerprint.LEAF_BYTES - 1) / Fingerprint.LEAF_BYTES;
    return IntStream.range(0, leaves)
        .mapToObj(leaf -> new LeafDigests(leaf, List.of(digest(bytes, leaf))))
        .toList();
  }

  private static Digest128 digest(byte[] bytes, int leaf) {
    int from = leaf * Fingerprint.LEAF_BYTES;
    int to = Math.min(from + Fingerprint.LEAF_BYTES, bytes.length);
    return Kernels.xxh3(Arrays.copyOfRange(bytes, from, to));
  }
}
