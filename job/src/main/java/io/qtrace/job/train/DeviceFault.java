package io.qtrace.job.train;

import io.qtrace.io.SafeText;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A fault after which the process can no longer use its device. The executor in which it happened
 * ends, and Spark starts another one, in which the task resumes.
 */
final class DeviceFault extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private static final Logger LOG = LoggerFactory.getLogger(DeviceFault.class);

  private static final int EXIT_STATUS = 50; // Spark's, of an executor that threw
  private static final Duration UNTIL_REPORTED = Duration.ofSeconds(1);
  private static final AtomicBoolean ENDING = new AtomicBoolean();
  private static final int DEEPEST = 50; // causes may form a ring

  // CUDA's messages about a lost context; running out of memory is not such a fault.
  private static final Pattern STICKY =
      Pattern.compile(
          "CUDA error|CUDNN_STATUS_EXECUTION_FAILED|CUBLAS_STATUS_EXECUTION_FAILED"
              + "|device-side assert|illegal memory access|unspecified launch failure"
              + "|uncorrectable ECC error");
  private static final Pattern PASSING = Pattern.compile("(?i)out of memory");

  DeviceFault(Throwable cause) {
    super("Cannot use the device any longer, this executor ends: " + cause.getMessage(), cause);
  }

  /**
   * Ends this executor once the driver has had time to receive the reason. It does not use Spark's
   * exit, during which tasks that Spark still assigns are rejected, and each would count as failed.
   */
  void endExecutor() {
    LOG.error(SafeText.of(getMessage()));
    ENDING.set(true);
    Thread end =
        new Thread(
            () -> {
              LockSupport.parkNanos(UNTIL_REPORTED.toNanos());
              Runtime.getRuntime().halt(EXIT_STATUS);
            },
            "device fault");
    end.setDaemon(true);
    end.start();
  }

  /**
   * Never returns in an executor that is ending: its tasks are lost with it and restarted
   * elsewhere.
   */
  static void awaitEndOfExecutor() {
    while (ENDING.get()) {
      LockSupport.park();
    }
  }

  static boolean isSticky(Throwable failure) {
    int depth = 0;
    for (Throwable e = failure; e != null && depth < DEEPEST; e = e.getCause(), depth++) {
      String message = String.valueOf(e.getMessage());
      if (STICKY.matcher(message).find() && !PASSING.matcher(message).find()) {
        return true;
      }
    }
    return false;
  }
}
