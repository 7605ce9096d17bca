package io.qtrace.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Real PyTorch as the peer of tests. Where there is none, tests fail with the reason. */
public final class PyTorch {
  private static String interpreter;

  private PyTorch() {}

  /**
   * Runs a Python script that may import torch, safetensors and numpy.
   *
   * @param script its text
   * @param args what it finds in {@code sys.argv[1:]}
   * @return its standard output
   */
  public static String run(String script, String... args) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(interpreter(), "-c", script));
    command.addAll(List.of(args));
    return output(command);
  }

  private static synchronized String interpreter() throws IOException, InterruptedException {
    if (interpreter == null) {
      Path tool = Path.of("..", "scripts", "pytorch"); // tests run in the module's folder
      interpreter = output(List.of(tool.toString())).strip();
    }
    return interpreter;
  }

  private static String output(List<String> command) throws IOException, InterruptedException {
    Path out = Files.createTempFile("pytorch", ".out");
    Path err = Files.createTempFile("pytorch", ".err");
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectOutput(out.toFile())
              .redirectError(err.toFile())
              .start();
      assertThat(process.waitFor()).as(() -> command + "\n" + read(err)).isZero();
      return read(out);
    } finally {
      Files.delete(out);
      Files.delete(err);
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return "Cannot read " + file + ": " + e;
    }
  }
}
