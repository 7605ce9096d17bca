package io.qtrace.compare;

import io.qtrace.kernel.Digest128;
import java.io.Serializable;
import java.util.List;

/**
 * Digests of consecutive leaves of one tensor: a part of its {@link Fingerprint}.
 *
 * @param first index of the first leaf
 * @param digests one a leaf
 */
public record LeafDigests(long first, List<Digest128> digests) implements Serializable {
  public LeafDigests {
    digests = List.copyOf(digests);
    if (first < 0) {
      throw new IllegalArgumentException("Invalid leaf: " + first + ", expected 0 or more");
    }
  }

  /** Index after the last leaf. */
  long end() {
    return first + digests.size();
  }
}
