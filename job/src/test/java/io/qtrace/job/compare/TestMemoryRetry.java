package io.qtrace.job.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class TestMemoryRetry {
  private final AtomicInteger tries = new AtomicInteger();

  @Test
  void retriesWorkThatRanOutOfMemory() {
    assertThat(MemoryRetry.run("index", "a.pt", () -> allocate(1), reason -> -1)).isEqualTo(1);
    assertThat(tries).hasValue(2);
  }

  @Test
  void namesTheFileAndTheSettingWhenMemoryRunsOutAgain() {
    assertThat(
            MemoryRetry.run(
                "compare", "a\u001b.pt", () -> "" + allocate(9), reason -> "failed: " + reason))
        .isEqualTo(
            "failed: Cannot compare a\\u001b.pt: out of memory; increase --executor-memory"
                + " (local: --driver-memory)");
    assertThat(tries).hasValue(2);
  }

  @Test
  void doesNotRetryOtherFaults() {
    assertThatThrownBy(
            () ->
                MemoryRetry.<Integer, IOException>run(
                    "index",
                    "a.pt",
                    () -> {
                      tries.incrementAndGet();
                      throw new IOException("other");
                    },
                    reason -> -1))
        .hasMessage("other");
    assertThat(tries).hasValue(1);
  }

  // More than any array may have, so often; then one byte.
  private int allocate(int faults) {
    int bytes = tries.incrementAndGet() > faults ? 1 : Integer.MAX_VALUE;
    return new byte[bytes].length;
  }
}
