package io.qtrace.job.train;

import java.util.regex.Pattern;

/**
 * A fault after which the process can use its device no more. Spark takes a {@link
 * VirtualMachineError} of a task as fatal: it reports the failure, ends the executor's JVM, and
 * starts another one, in which the task goes on.
 */
final class DeviceFault extends VirtualMachineError {
  private static final long serialVersionUID = 1L;

  private static final int DEEPEST = 50; // causes may form a ring

  // What CUDA says of a context that is lost; running out of memory is no such fault.
  private static final Pattern STICKY =
      Pattern.compile(
          "CUDA error|CUDNN_STATUS_EXECUTION_FAILED|CUBLAS_STATUS_EXECUTION_FAILED"
              + "|device-side assert|illegal memory access|unspecified launch failure"
              + "|uncorrectable ECC error");
  private static final Pattern PASSING = Pattern.compile("(?i)out of memory");

  DeviceFault(Throwable cause) {
    super("Cannot use the device any more, this executor ends: " + cause.getMessage(), cause);
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
