package io.qtrace.job.train.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** PyTorch's library: from Maven's jars alone, and what a user reads where it does not load. */
class TestPyTorchEngine {
  @TempDir Path folder;

  /** Loads the engine in a JVM of its own, which a library that does not fit cannot spoil. */
  public static void main(String[] arguments) {
    try {
      System.out.println(PyTorchEngine.load().getVersion());
    } catch (IllegalStateException e) {
      System.out.println(e.getMessage());
    }
  }

  @Test
  void libraryComesFromMavenWithoutDownload() throws Exception {
    assertThat(run(List.of("-DENGINE_CACHE_DIR=" + folder))).startsWith("2.7.1");
    try (Stream<Path> files = Files.walk(folder)) {
      assertThat(files.map(file -> file.getFileName().toString())).contains("libtorch_cpu.so");
    }
  }

  @Test
  void libraryThatDoesNotFitFailsWithAdvice() throws Exception {
    Files.writeString(folder.resolve("libtorch.so"), "no library");

    assertThat(
            run(
                List.of(
                    "-DENGINE_CACHE_DIR=" + folder,
                    "-DPYTORCH_LIBRARY_PATH=" + folder,
                    "-DPYTORCH_VERSION=2.7.1",
                    "-DPYTORCH_FLAVOR=cpu")))
        .startsWith("Cannot load PyTorch: ")
        .contains(
            "ai.djl.pytorch:pytorch-native-cpu:2.7.1:linux-x86_64",
            "torch==2.7.1+cu128",
            "Now PYTORCH_LIBRARY_PATH is "
                + folder
                + ", PYTORCH_VERSION is 2.7.1, PYTORCH_FLAVOR is cpu.");
  }

  @Test
  void versionThatDjlWasNotBuiltForFailsWithAdvice() throws Exception {
    Files.writeString(folder.resolve("libtorch.so"), "no library");

    assertThat(
            run(
                List.of(
                    "-DENGINE_CACHE_DIR=" + folder,
                    "-DPYTORCH_LIBRARY_PATH=" + folder,
                    "-DPYTORCH_VERSION=1.0.0",
                    "-DPYTORCH_FLAVOR=cpu")))
        .startsWith("Cannot load PyTorch: ")
        .contains("PYTORCH_VERSION is 1.0.0");
  }

  @Test
  void deviceIsCpuOrCuda() {
    assertThatThrownBy(() -> PyTorchEngine.device(PyTorchEngine.load(), "gpu"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Invalid device: gpu, expected cpu or cuda:N, as in cuda:0");
  }

  @Test
  void missingGpuFailsWithAdvice() {
    assertThatThrownBy(() -> PyTorchEngine.device(PyTorchEngine.load(), "cuda:99"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageStartingWith("Cannot use cuda:99: PyTorch sees ")
        .hasMessageContaining("torch==2.7.1+cu128");
  }

  private static String run(List<String> properties) throws Exception {
    Stream<String> java =
        Stream.of(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    Stream<String> main =
        Stream.of("-cp", System.getProperty("java.class.path"), TestPyTorchEngine.class.getName());
    Process process =
        new ProcessBuilder(Stream.of(java, properties.stream(), main).flatMap(s -> s).toList())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
    return output;
  }
}
