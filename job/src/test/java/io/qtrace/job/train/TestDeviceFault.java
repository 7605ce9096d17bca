package io.qtrace.job.train;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TestDeviceFault {
  @Test
  void lostContextIsSticky() {
    assertThat(sticky("CUDA error: an illegal memory access was encountered")).isTrue();
    assertThat(sticky("CUDA error: device-side assert triggered")).isTrue();
    assertThat(sticky("CUDA error: uncorrectable ECC error encountered")).isTrue();
    assertThat(DeviceFault.isSticky(new IllegalStateException("step", fault("CUDA error: 700"))))
        .isTrue();
  }

  @Test
  void doesNotCountErrorsThatPassAsLostDevices() {
    assertThat(sticky("CUDA out of memory. Tried to allocate 2.00 GiB")).isFalse();
    assertThat(sticky("CUDA error: out of memory")).isFalse();
    assertThat(sticky("Invalid token: input_ids has 256")).isFalse();
    assertThat(DeviceFault.isSticky(new RuntimeException())).isFalse();
  }

  private static boolean sticky(String message) {
    return DeviceFault.isSticky(fault(message));
  }

  private static RuntimeException fault(String message) {
    return new RuntimeException(message);
  }
}
