package io.qtrace.job.train.recipe;

import ai.djl.Device;
import ai.djl.engine.Engine;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** DJL's PyTorch engine, loaded without any download. */
final class PyTorchEngine {
  private static final Pattern CUDA = Pattern.compile("cuda:(\\d{1,3})");

  private static final String ADVICE =
      """
      Cannot load PyTorch: %s
      DJL needs PyTorch's native library, of a version it was built for, in one of these ways:
      - Maven's ai.djl.pytorch:pytorch-native-cpu:2.7.1:linux-x86_64 on the class path, next to \
      ai.djl.pytorch:pytorch-jni:2.7.1-0.36.0 (Maven has none for NVIDIA GPUs);
      - an installed PyTorch, such as pip's torch==2.7.1+cu128: PYTORCH_LIBRARY_PATH, its folder with libtorch.so; \
      PYTORCH_VERSION (2.7.1) and PYTORCH_FLAVOR (cpu, cu128), which say what it is; \
      PYTORCH_LIBRARY_EXCLUSION=libtorch_python.so,libshm.so.
      Now PYTORCH_LIBRARY_PATH is %s, PYTORCH_VERSION is %s, PYTORCH_FLAVOR is %s.""";

  private PyTorchEngine() {}

  /**
   * @throws IllegalStateException with advice, if PyTorch's library is missing or does not fit
   */
  static Engine load() {
    // DJL would fetch a missing library from its own site, and report its use.
    System.setProperty("ai.djl.offline", "true");
    System.setProperty("OPT_OUT_TRACKING", "true");
    try {
      return Engine.getEngine("PyTorch");
    } catch (RuntimeException | LinkageError e) {
      throw new IllegalStateException(advice(e), e);
    }
  }

  /**
   * The device of a name.
   *
   * @param name {@code cpu} or {@code cuda:N}
   * @throws IllegalArgumentException if the name is another one
   * @throws IllegalStateException if this machine, or this PyTorch, has no such device
   */
  static Device device(Engine engine, String name) {
    if (name.equals("cpu")) {
      return Device.cpu();
    }
    Matcher cuda = CUDA.matcher(name);
    if (!cuda.matches()) {
      throw new IllegalArgumentException(
          "Invalid device: " + name + ", expected cpu or cuda:N, as in cuda:0");
    }
    int gpu = Integer.parseInt(cuda.group(1));
    int gpus = engine.getGpuCount();
    if (gpu >= gpus) {
      throw new IllegalStateException(
          """
          Cannot use %s: PyTorch sees %d GPUs here. Expected an NVIDIA GPU with its driver, and an installed PyTorch for \
          CUDA, such as pip's torch==2.7.1+cu128, by PYTORCH_LIBRARY_PATH, PYTORCH_VERSION=2.7.1 and \
          PYTORCH_FLAVOR=cu128; or the device cpu."""
              .formatted(name, gpus));
    }
    return Device.gpu(gpu);
  }

  /** What to do about a library that did not load. */
  static String advice(Throwable failure) {
    return ADVICE.formatted(
        rootMessage(failure),
        setting("PYTORCH_LIBRARY_PATH"),
        setting("PYTORCH_VERSION"),
        setting("PYTORCH_FLAVOR"));
  }

  private static String rootMessage(Throwable failure) {
    Throwable root = failure;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return root.getMessage() == null ? root.getClass().getSimpleName() : root.getMessage();
  }

  private static String setting(String name) {
    String value = System.getenv(name) == null ? System.getProperty(name) : System.getenv(name);
    return value == null ? "not set" : value;
  }
}
